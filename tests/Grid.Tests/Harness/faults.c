/*
 * Loaded before the libraries of a process of the product, to do to it what a bad day does: its wall clock runs ahead by as many seconds as a file
 * says, and what it connects to on some ports goes to others, where a test can cut the line. The monotonic clock is left as it is.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *shift;
static const char *ports = "";
static int (*system_clock_gettime)(clockid_t, struct timespec *);
static int (*system_connect)(int, const struct sockaddr *, socklen_t);

__attribute__((constructor)) static void begin(void)
{
    system_clock_gettime = dlsym(RTLD_NEXT, "clock_gettime");
    system_connect = dlsym(RTLD_NEXT, "connect");
    const char *file = getenv("TEST_FAULTS_SHIFT");
    int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
    void *map = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *shift, PROT_READ, MAP_SHARED, fd, 0);
    shift = map == MAP_FAILED ? NULL : map;
    if (fd >= 0)
        close(fd);
    if (getenv("TEST_FAULTS_PORTS"))
        ports = getenv("TEST_FAULTS_PORTS");
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    if (!system_clock_gettime)
        begin();
    int result = system_clock_gettime(id, now);
    if (result == 0 && shift && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
        now->tv_sec += *shift;
    return result;
}

/* IPv4 and IPv6 have the port in the same place. The list is FROM>TO, with a comma behind each. */
int connect(int fd, const struct sockaddr *to, socklen_t length)
{
    if (!system_connect)
        begin();
    struct sockaddr_storage other;
    if ((to->sa_family == AF_INET || to->sa_family == AF_INET6) && length <= sizeof other) {
        struct sockaddr_in *address = (struct sockaddr_in *)memcpy(&other, to, length);
        for (const char *entry = ports; *entry; entry = strchr(entry, ',') + 1) {
            unsigned from, instead;
            if (sscanf(entry, "%u>%u,", &from, &instead) == 2 && ntohs(address->sin_port) == from) {
                address->sin_port = htons(instead);
                return system_connect(fd, (struct sockaddr *)&other, length);
            }
        }
    }
    return system_connect(fd, to, length);
}
