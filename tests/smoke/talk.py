#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Ends of conversations whose application can be told from their packets.

talk.py serve dns|ntp|echo PORT      answer datagrams, for ever
talk.py serve tls PORT CERTIFICATE   give back each line, of any number of connections (key and certificate in one file)
talk.py serve torrent PORT           BitTorrent: shake hands; say on standard output what else comes
talk.py ask dns ADDRESS NAME...      one question after the other from one port; each must be answered
talk.py ask ntp ADDRESS COUNT        the same
talk.py torrent ADDRESS PORT OWN     shake hands; then a message for each line of standard input
talk.py flood ADDRESS PORT OWN COUNT [HEAD]
                                     datagrams of no known application, behind HEAD (hexadecimal), that nobody waits for
"""
import socket
import socketserver
import ssl
import struct
import sys

HANDSHAKE = b"\x13BitTorrent protocol" + bytes(8) + b"J" * 20 + b"-JN0001-000000000000"
INTERESTED = struct.pack("!IB", 1, 2)


def dns_question(number, name):
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    return struct.pack("!6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!2H", 1, 1)


def dns_answer(question):
    answer = b"\xc0\x0c" + struct.pack("!2HIH4B", 1, 1, 60, 4, 198, 18, 0, 2)
    return question[:2] + struct.pack("!5H", 0x8180, 1, 1, 0, 0) + question[12:] + answer


def ntp(mode):
    return bytes([4 << 3 | mode, 2, 6, 0xEC]) + bytes(40) + struct.pack("!I", 1)


ANSWERS = {"dns": dns_answer, "ntp": lambda _: ntp(4), "echo": lambda datagram: datagram}


def serve_datagrams(kind, port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("0.0.0.0", port))
        while True:
            datagram, peer = end.recvfrom(2048)
            end.sendto(ANSWERS[kind](datagram), peer)


class Lines(socketserver.StreamRequestHandler):
    def handle(self):
        try:
            with self.server.context.wrap_socket(self.request, server_side=True) as tls:
                for line in tls.makefile("rb"):
                    tls.sendall(line)
        except OSError:
            pass  # its client is gone


class Torrent(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(HANDSHAKE)
        while data := self.request.recv(4096):
            print(f"{len(data)} bytes", flush=True)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


def serve(kind, port, *more):
    if kind in ANSWERS:
        serve_datagrams(kind, int(port))
    server = Server(("0.0.0.0", int(port)), Lines if kind == "tls" else Torrent)
    if kind == "tls":
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        server.context.load_cert_chain(more[0])
    server.serve_forever()


def is_answered(end, datagram, answer):
    """Asked once; an answer to an earlier question is none."""
    end.send(datagram)
    try:
        while end.recv(2048) != answer:
            pass
        return True
    except TimeoutError:
        return False


def ask(kind, address, *what):
    """As clients do: again after a second, for a question may be dropped while nobody knows what it is."""
    datagrams = [dns_question(i + 1, name) for i, name in enumerate(what)] if kind == "dns" else [ntp(3)] * int(what[0])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.connect((address, {"dns": 53, "ntp": 123}[kind]))
        end.settimeout(1)
        for datagram in datagrams:
            if not any(is_answered(end, datagram, ANSWERS[kind](datagram)) for _ in range(30)):
                sys.exit(f"{kind}: no answer to {datagram}")


def torrent(address, port, own):
    with socket.create_connection((address, int(port)), source_address=("", int(own))) as end:
        end.sendall(HANDSHAKE)
        for _ in sys.stdin:
            end.sendall(INTERESTED)


def flood(address, port, own, count, head=""):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as end:
        end.bind(("", int(own)))
        end.connect((address, int(port)))
        for number in range(int(count)):
            end.send(bytes.fromhex(head) + b"of no known application %4d".ljust(100, b".") % number)


{"serve": serve, "ask": ask, "torrent": torrent, "flood": flood}[sys.argv[1]](*sys.argv[2:])
