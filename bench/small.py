"""small.py PORT PEERS RATE SECONDS: so many peers, each an address and a connection of its own, send a message of 1 KB each in turns, RATE a second in all,
whatever became of those before (a peer that still waits for its reply is passed over, and counted). Prints what ecgrid load --json prints of it."""

import json
import selectors
import socket
import sys
import time

from policy import PACKAGE, address_of, quantile


def main():
    port, peers, rate, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), float(sys.argv[4])
    selector = selectors.DefaultSelector()
    connections = []
    for number in range(peers):
        connection = socket.create_connection(("127.0.0.1", port), timeout=30, source_address=(address_of(number), 0))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ)
        connections.append(connection)
    sent, times, late, deferred, turn = {}, [], 0, 0, 0
    began = time.perf_counter()
    end = began + seconds
    while (now := time.perf_counter()) < end or sent:
        if now > end + 30:
            raise OSError("%d replies did not come" % len(sent))
        due = began + turn / rate
        if now < end and now >= due:
            connection = connections[turn % peers]
            turn += 1
            if connection in sent:
                late += 1
            else:
                sent[connection] = time.perf_counter()
                connection.sendall(PACKAGE)
            continue
        # Not longer than to the next turn; in the last half millisecond without sleeping, since the kernel's own is not that exact.
        for key, _ in selector.select(max(0, min(due, end) - now - 0.0005) if now < end else 0.1):
            reply = key.fileobj.recv(4096)
            times.append(time.perf_counter() - sent.pop(key.fileobj))
            deferred += b":K" not in reply
    print(json.dumps({
        "accepted": len(times) - deferred, "deferred": deferred, "rejected": 0, "messagesPerSecond": round(len(times) / seconds, 1), "late": late,
        "p50Milliseconds": round(quantile(times, 0.5), 3), "p99Milliseconds": round(quantile(times, 0.99), 3)}, separators=(",", ":")))


if __name__ == "__main__":
    main()
