#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""UDP by segmentation offload: udp_segments.py send ADDRESS PORT FILE | receive PORT FILE. The sender hands its kernel 40
datagrams of 1,000 bytes at once (UDP_SEGMENT); the receiver writes what arrived, in the order of the numbers that each begins
with, once all is there."""
import socket
import sys

UDP_SEGMENT, SIZE, AT_ONCE = 103, 1000, 40


def send(address, port, path):
    family = socket.getaddrinfo(address, port)[0][0]
    with open(path, "rb") as file:
        data = file.read()
    step = SIZE - 4
    parts = [number.to_bytes(4, "big") + data[number * step:(number + 1) * step] for number in range(len(data) // step)]
    with socket.socket(family, socket.SOCK_DGRAM) as sender:
        sender.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SIZE)
        sender.connect((address, int(port)))
        for first in range(0, len(parts), AT_ONCE):
            sender.send(b"".join(parts[first:first + AT_ONCE]))
            sender.recv(4)  # the receiver has them: nothing overflows


def receive(port, path):
    found = {}
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as receiver, open(path, "wb") as file:
        receiver.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        receiver.bind(("::", int(port)))
        while len(found) < 1000:
            data, sender = receiver.recvfrom(65536)
            found[int.from_bytes(data[:4], "big")] = data[4:]
            if len(found) % AT_ONCE == 0:
                receiver.sendto(b"next", sender)
        file.write(b"".join(found[number] for number in sorted(found)))


if __name__ == "__main__":
    {"send": send, "receive": receive}[sys.argv[1]](*sys.argv[2:])
