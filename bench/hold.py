"""hold.py HOST:PORT COUNT PEERS MESSAGES: opens connections, sends on each, says "COUNT open", and holds them until its input ends."""

import socket
import sys


def netstring(content):
    return b"%d:%s," % (len(content), content)


def receive_reply(connection):
    received = b""
    while not received.endswith(b","):
        piece = connection.recv(4096)
        if not piece:
            raise OSError("closed without a reply")
        received += piece
    if received.split(b":", 1)[1][:1] != b"K":
        raise OSError(received.decode("ascii", "replace"))


def main():
    host, port = sys.argv[1].rsplit(":", 1)
    count, peers, messages = (int(number) for number in sys.argv[2:5])
    message = b"Subject: held\r\n\r\n" + b"x" * 1005 + b"\r\n"
    package = netstring(netstring(message) + netstring(b"load@ecgrid.invalid") + netstring(b"sink@ecgrid.invalid"))
    connections = []
    for number in range(count):
        # Every loopback address is one's own, so it takes no second machine to be another peer.
        peer = number % peers
        source = ("127.%d.%d.%d" % (1 + peer // 62_500, peer // 250 % 250, 1 + peer % 250), 0) if peers > 1 else None
        connection = socket.create_connection((host, int(port)), timeout=30, source_address=source)
        for _ in range(messages):
            connection.sendall(package)
            receive_reply(connection)
        connections.append(connection)
    print(len(connections), "open", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
