#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Traffic for a demonstration. demo_traffic.py serve: answers on the ports below. demo_traffic.py talk SERVER DEVICE...: each
device asks there, by several applications, until SIGTERM; a line when all have had their first answers."""
import itertools
import select
import socket
import ssl
import sys

# What a server says first, and how many bytes follow.
TCP = {80: (b"HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: 40000\r\n\r\n", 40_000),
       443: (b"", 25_000), 1883: (b"\x20\x02\0\0", 900)}
UDP = {53: b"", 123: b"\x24\1\0\0" + bytes(44),
       5060: b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP device\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"}
NAMES = ("www.example.org", "firmware.example.net", "telemetry.example.com")
PAUSE = 0.05  # seconds between two conversations


def client_hello(name):
    """As a TLS client begins; nothing here goes on with it."""
    sent = ssl.MemoryBIO()
    try:
        ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), sent, server_hostname=name).do_handshake()
    except ssl.SSLWantReadError:
        return sent.read()


def dns_question(name):
    return b"\x4a\x4e\1\0\0\1\0\0\0\0\0\0" + b"".join(bytes([len(p)]) + p.encode() for p in name.split(".")) + b"\0\0\1\0\1"


REQUESTS = {
    80: [f"GET /file HTTP/1.1\r\nHost: {name}\r\nUser-Agent: demo/1.0\r\n\r\n".encode() for name in NAMES],
    443: [client_hello(name) for name in NAMES],
    1883: [b"\x10\x18\0\4MQTT\4\2\0\x3c\0\x0cdemo-device%d" % number for number in range(3)],
    53: [dns_question(name) for name in NAMES],
    123: [b"\x23" + bytes(47)],
    5060: [b"OPTIONS sip:server SIP/2.0\r\nVia: SIP/2.0/UDP device\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"],
}


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
        asked, peer = sock.recvfrom(2048)
        sock.sendto(UDP[port] or asked[:2] + b"\x81\x83" + asked[4:], peer)  # of DNS: there is no such name
        return
    with sock.accept()[0] as peer:
        peer.settimeout(5)
        peer.recv(2048)
        peer.sendall(TCP[port][0] + b"a" * TCP[port][1])


def serve():
    sockets = [listener(socket.SOCK_STREAM, port) for port in TCP] + [listener(socket.SOCK_DGRAM, port) for port in UDP]
    print("serving", flush=True)
    while True:
        for sock in select.select(sockets, [], [])[0]:
            try:
                answer(sock)
            except OSError:
                pass  # this one gets no answer


def ask(server, device, port, turn):
    """One conversation; what fails is over."""
    kind = socket.SOCK_STREAM if port in TCP else socket.SOCK_DGRAM
    try:
        with socket.socket(socket.AF_INET, kind) as sock:
            sock.settimeout(2)
            sock.bind((device, 0))
            sock.connect((server, port))
            sock.send(REQUESTS[port][turn % len(REQUESTS[port])])
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
                ask(server, device, ports[turn // (number + 1) % len(ports)], turn // len(ports))
        if turn == 6 * len(devices):
            print("talked", flush=True)
        select.select([], [], [], PAUSE)


if __name__ == "__main__":
    {"serve": serve, "talk": talk}[sys.argv[1]](*sys.argv[2:])
