"""Changes of policy over the admin API, and mail beside them. Used by policy.sh and datacentres.sh, one word a part."""

import json
import resource
import socket
import sqlite3
import sys
import threading
import time
import uuid

from hold import netstring, receive_reply

PACKAGE = netstring(netstring(b"Subject: held\r\n\r\n" + b"x" * 1005 + b"\r\n") + netstring(b"load@ecgrid.invalid") + netstring(b"sink@ecgrid.invalid"))


def address_of(number):
    return "127.%d.%d.%d" % (1 + number // 62_500, number // 250 % 250, 1 + number % 250)


def connect(ports, count):
    """Connections of so many peers, in turns to each edge. Each has sent a message: its grain is active."""
    ports = [ports] if isinstance(ports, int) else ports
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    connections = []
    for number in range(count):
        connection = socket.create_connection(("127.0.0.1", ports[number % len(ports)]), timeout=30, source_address=(address_of(number), 0))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        send(connection)
        connections.append(connection)
    return connections


def send(connection):
    began = time.perf_counter()
    connection.sendall(PACKAGE)
    receive_reply(connection)
    return time.perf_counter() - began


class Admin:
    """One kept connection, as a script of an operator has it. Plain sockets: on two cores a dear client would be what is measured."""

    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.versions = {}

    def call(self, method, path, body=None, version=None):
        content = b"" if body is None else json.dumps(body).encode()
        match = "" if version is None else 'If-Match: "%d"\r\n' % version
        head = "%s /api/v1/%s HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s\r\n" % (method, path, len(content), match)
        self.socket.sendall(head.encode() + content)
        status, answer = self.receive()
        if status != b"200":
            raise OSError("%s %s: %s %s" % (method, path, status, answer[:300]))
        return json.loads(answer)

    def receive(self):
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self.more()
        head, _, content = answer.partition(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
        if b"chunked" in head:
            while not content.endswith(b"0\r\n\r\n"):
                content += self.more()
            chunks, whole = content, b""
            while chunks and (size := int(chunks.partition(b"\r\n")[0], 16)):
                chunks = chunks.partition(b"\r\n")[2]
                whole, chunks = whole + chunks[:size], chunks[size + 2:]
            return status, whole
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        while len(content) < length:
            content += self.more()
        return status, content

    def more(self):
        if not (octets := self.socket.recv(65_536)):
            raise OSError("the admin listener closed the connection")
        return octets

    def version_of(self, block):
        if block not in self.versions:
            self.versions[block] = self.call("GET", "policy/overrides/" + block)["version"]
        return self.versions[block]

    def set(self, block, wait):
        # Another size than the scope has: a write that changes nothing makes no entry.
        version = self.version_of(block)
        answer = self.call("PATCH", "policy/overrides/%s?wait=%g" % (block, wait), {"maxBatchSize": 1 + version, "reason": "bench"}, version)
        self.versions[block] = answer["entry"]["version"]
        return answer


def quantile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] * 1000


def serial(ports, admin_port, sessions, changes, name):
    connections = connect([int(port) for port in ports.split(",")], int(sessions))
    admin, answered, confirmed, slowest = Admin(int(admin_port)), [], [], []
    blocks = [address_of(number % int(sessions)) for number in range(int(changes))]
    for block in blocks:
        admin.version_of(block)
    for number, block in enumerate(blocks):
        # In turns: an answer that waits for nobody, and one that waits for the node.
        waits = number % 2 == 1
        began = time.perf_counter()
        answer = admin.set(block, 10 if waits else 0)
        (confirmed if waits else answered).append(time.perf_counter() - began)
        if waits:
            if answer["spread"]["missing"]:
                raise OSError(answer["spread"]["summary"])
            slowest.append(answer["spread"]["slowest"])
    for what, values in (("until it is durable and answered", answered), ("until every node has confirmed and it is answered", confirmed), ("from the log to the last node", slowest)):
        print("| %s, %s open sessions: %s | %.1f | %.1f |" % (name, sessions, what, quantile(values, 0.5), quantile(values, 0.99)))
    for connection in connections:
        send(connection)


def change_at(admin_port, blocks, rate, end, made):
    """An open loop: what is late is not left out, up to a second's worth."""
    admin, began, number = Admin(admin_port), time.perf_counter(), 0
    while time.perf_counter() < end:
        due = began + number / rate
        if due > time.perf_counter():
            time.sleep(due - time.perf_counter())
        admin.set(blocks[number % len(blocks)], 0)
        number += 1
    made.append(number)


def changers(admin_port, grains, rate, seconds):
    """A process of its own: what it does must not take the time of who measures the mail."""
    threads, made, count = [], [], 8
    end = time.perf_counter() + float(seconds)
    for thread in range(count):
        blocks = [address_of(number) for number in range(thread, int(grains), count)]
        threads.append(threading.Thread(target=change_at, args=(int(admin_port), blocks, float(rate) / count, end, made)))
        threads[-1].start()
    for thread in threads:
        thread.join()
    print(sum(made) / float(seconds))


def beside(port, admin_port, grains, rate, rounds, seconds, name):
    import subprocess

    connections, place = connect(int(port), int(grains)), 0
    pairs, rates = [], []
    for _ in range(int(rounds)):
        pair = []
        for has_changes in (False, True):
            process = subprocess.Popen(["nice", "-n", "19", sys.executable, __file__, "changers", admin_port, grains, rate, seconds], stdout=subprocess.PIPE, text=True) if has_changes else None
            times, end = [], time.perf_counter() + float(seconds)
            while time.perf_counter() < end:
                times.append(send(connections[place % len(connections)]))
                place += 1
            if process:
                rates.append(float(process.communicate(timeout=60)[0]))
            pair.append((quantile(times, 0.5), quantile(times, 0.99)))
        pairs.append(pair)

    def middle(values):
        values = sorted(values)
        return values[len(values) // 2]

    print("| %s, %s | %.0f | %.2f | %.2f | %.2f | %.2f | %.2f | %.2f |" % (
        grains, name, middle(rates), *(middle([pair[k][q] for pair in pairs]) for k in (0, 1) for q in (0, 1)),
        *(middle([pair[1][q] / pair[0][q] for pair in pairs]) for q in (0, 1))))


def is_taken(connection):
    try:
        send(connection)
        return True
    except OSError as refusal:
        if ":Z" not in str(refusal):
            raise
        return False


def across(port, admin_port, changes):
    """A peer's session there, and its suspension made and ended here: until a package is answered otherwise, and until the change is answered."""
    peer, admin, effects, answers = "127.0.0.66", Admin(int(admin_port)), [], []
    connection = socket.create_connection(("127.0.0.1", int(port)), timeout=30, source_address=(peer, 0))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for number in range(int(changes)):
        suspends = number % 2 == 0
        began = time.perf_counter()
        if suspends:
            admin.call("POST", "policy/suspensions?wait=0", {"block": peer, "reason": "bench"})
        else:
            admin.call("DELETE", "policy/suspensions/%s?wait=0" % peer)
        answers.append(time.perf_counter() - began)
        while True:
            if is_taken(connection) != suspends:
                break
            time.sleep(0.005)
        effects.append(time.perf_counter() - began)
    for what, values in (("until it is answered", answers), ("until it is in effect", effects)):
        print("| %s, %s changes | %.0f | %.0f |" % (what, changes, quantile(values, 0.5), quantile(values, 0.99)))


def one(admin_port):
    Admin(int(admin_port)).set("10.0.0.0", 10)


def fill(path, entries):
    """Behind the entry that the silo wrote, others like it: each at an address of its own."""
    with sqlite3.connect(path) as database:
        first = json.loads(database.execute("SELECT entry FROM policy_log WHERE version = 1").fetchone()[0])

        def rows():
            for version in range(2, int(entries) + 1):
                block = "10.%d.%d.%d" % (version >> 16, version >> 8 & 255, version & 255)
                yield version, json.dumps(first | {"Version": version, "Id": str(uuid.uuid4()), "Changes": [first["Changes"][0] | {"Block": block}]})

        database.executemany("INSERT INTO policy_log (version, entry) VALUES (?, ?)", rows())


def loaded(admin_port, entries):
    policy = Admin(int(admin_port)).call("GET", "status")["policy"]
    if (policy["version"], policy["scopes"], policy["trouble"]) != (int(entries), int(entries), None):
        print("**no measurement**: " + json.dumps(policy))


if __name__ == "__main__":
    {f.__name__: f for f in (serial, beside, changers, across, one, fill, loaded)}[sys.argv[1]](*sys.argv[2:])
