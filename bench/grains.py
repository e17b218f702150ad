"""grains.py PORT[,PORT…] COUNT: so many peers, each by a connection of its own to one of the Listens, each one message. Prints the seconds."""

import socket
import sys
import time

from hold import receive_reply
from policy import PACKAGE, address_of


def main():
    ports, count = [int(port) for port in sys.argv[1].split(",")], int(sys.argv[2])
    began = time.perf_counter()
    for number in range(count):
        with socket.create_connection(("127.0.0.1", ports[number % len(ports)]), timeout=30, source_address=(address_of(number), 0)) as connection:
            connection.sendall(PACKAGE)
            receive_reply(connection)
    print(time.perf_counter() - began)


if __name__ == "__main__":
    main()
