#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Traffic for a demonstration. demo_traffic.py serve: answers on the ports below. demo_traffic.py talk SERVER DEVICE...: each
device asks there, by several applications, until SIGTERM; a line when all have had their first answers."""
import itertools
import select
import socket
import sys

TCP = {80: 40_000, 443: 25_000, 1883: 900}  # bytes of an answer
UDP = {53: 120, 123: 48, 5060: 500}
PAUSE = 0.05  # seconds between two conversations


def listener(kind, port):
    sock = socket.socket(socket.AF_INET, kind)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("0.0.0.0", port))
    if kind == socket.SOCK_STREAM:
        sock.listen(64)
    return sock


def answer(sock):
    port = sock.getsockname()[1]
    if sock.type == socket.SOCK_DGRAM:
        sock.sendto(b"a" * UDP[port], sock.recvfrom(2048)[1])
        return
    with sock.accept()[0] as peer:
        peer.settimeout(5)
        peer.recv(2048)
        peer.sendall(b"a" * TCP[port])


def serve():
    sockets = [listener(socket.SOCK_STREAM, port) for port in TCP] + [listener(socket.SOCK_DGRAM, port) for port in UDP]
    print("serving", flush=True)
    while True:
        for sock in select.select(sockets, [], [])[0]:
            try:
                answer(sock)
            except OSError:
                pass  # this one gets no answer


def ask(server, device, port):
    """One conversation; what fails is over."""
    kind = socket.SOCK_STREAM if port in TCP else socket.SOCK_DGRAM
    try:
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.settimeout(2)
            sock.bind((device, 0))
            sock.connect((server, port))
            sock.send(b"q" * 100)
            while kind == socket.SOCK_STREAM and sock.recv(65536):
                pass
            return kind == socket.SOCK_STREAM or bool(sock.recv(2048))
    except OSError:
        return False


def talk(server, *devices):
    ports = [*TCP, *UDP]
    for turn in itertools.count():
        # The first devices talk most, and by all applications.
        for number, device in enumerate(devices):
            if turn % (number + 1) == 0:
                ask(server, device, ports[turn // (number + 1) % len(ports)])
        if turn == 6 * len(devices):
            print("talked", flush=True)
        select.select([], [], [], PAUSE)


if __name__ == "__main__":
    {"serve": serve, "talk": talk}[sys.argv[1]](*sys.argv[2:])
