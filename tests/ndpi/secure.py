# SPDX-License-Identifier: BSD-3-Clause
"""TLS, DTLS and QUIC: the hellos, in clear."""
import struct

import aes
from frames import down, h, tcp, udp, up

CIPHERS = h("1301 1302 c02b c02f")
QUIC_SALT = h("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")  # RFC 9001, section 5.2


def sized(form, content):
    """Content behind its length: B, H, or T for three bytes."""
    return (struct.pack(">I", len(content))[1:] if form == "T" else struct.pack(">" + form, len(content))) + content


def extension(kind, content):
    return struct.pack(">H", kind) + sized("H", content)


def server_name(name):
    return extension(0, sized("H", b"\0" + sized("H", name.encode())))


def client_hello(name="", alpn=(), version=0x0303, cookie=b"", more=b""):
    extensions = server_name(name) if name else b""
    extensions += extension(10, h("0004 001d 0017")) + extension(11, h("0100")) + extension(13, h("0004 0403 0804"))
    if alpn:
        extensions += extension(16, sized("H", b"".join(sized("B", one.encode()) for one in alpn)))
    body = struct.pack(">H", version) + bytes(range(32)) + b"\0" + cookie + sized("H", CIPHERS) + h("0100")
    return b"\1" + sized("T", body + sized("H", extensions + more))


def server_hello(version=0x0303, extensions=b""):
    body = struct.pack(">H", version) + bytes(range(32, 64)) + b"\0" + h("c02f 00") + sized("H", extensions)
    return b"\2" + sized("T", body)


def record(handshake, version=0x0301):
    return struct.pack(">BH", 22, version) + sized("H", handshake)


def tls(protocol, port, name, alpn=(), **options):
    return tcp(protocol, port, up(record(client_hello(name, alpn))), down(record(server_hello(), 0x0303)),
               up(h("140303000101 1603030010"), bytes(16)), down(h("140303000101 1603030010"), bytes(16)),
               up(h("1703030020"), bytes(32)), name=name, **options)


def dtls(sequence, handshake):
    """One record of DTLS 1.2, one fragment."""
    body = handshake[:4] + struct.pack(">H", sequence) + bytes(3) + handshake[1:4] + handshake[4:]
    return struct.pack(">BHHHI", 22, 0xfefd, 0, 0, sequence) + sized("H", body)


def quic(name, version=1):
    """A client's Initial packet (RFC 9000, 9001), padded to 1,200 bytes."""
    identifier = h("8394c8f03e515708")
    parameters = extension(57, h("0104 8000ea60")) + extension(43, h("02 0304")) + extension(51, h("0002 0000"))
    hello = client_hello(name, ("h3",), more=parameters)
    clear = h("06 00") + struct.pack(">H", 0x4000 | len(hello)) + hello
    head = h("c3") + struct.pack(">I", version) + sized("B", identifier) + h("00 00")
    clear += bytes(1200 - len(head) - 2 - 4 - 16 - len(clear))
    head += struct.pack(">H", 0x4000 | (4 + len(clear) + 16)) + struct.pack(">I", 2)
    secret = aes.expand_label(aes.extract(QUIC_SALT, identifier), b"client in", 32)
    nonce = bytearray(aes.expand_label(secret, b"quic iv", 12))
    nonce[-1] ^= 2
    sealed = aes.seal(aes.expand_label(secret, b"quic key", 16), bytes(nonce), clear, head)
    mask = aes.encrypt(aes.expand_label(secret, b"quic hp", 16), sealed[:16])
    number = bytes(a ^ b for a, b in zip(head[-4:], mask[1:5]))
    return bytes([head[0] ^ mask[0] & 0x0f]) + head[1:-4] + number + sealed


def google_quic(name):
    """Version Q046, whose first message is in clear: tags, their ends, their values."""
    values = [(b"PAD\0", bytes(900)), (b"SNI\0", name.encode()), (b"VER\0", b"Q046")]
    tags, end = b"", 0
    for tag, value in values:
        end += len(value)
        tags += tag + struct.pack("<I", end)
    message = b"CHLO" + struct.pack("<HH", len(values), 0) + tags + b"".join(value for _, value in values)
    frame = h("a0 01") + struct.pack(">H", len(message)) + message
    return (h("c3 51303436 50 8394c8f03e515708 00000001") + bytes(12) + frame).ljust(1350, b"\0")


FLOWS = [
    tls("TLS", 443, "www.junction.example", ("h2", "http/1.1")),
    tls("TLS", 8443, "x." + "a" * 60 + ".junction.example"),
    tls("TLS", 443, "six.junction.example", version=6),
    tcp("TLS", 443, up(record(client_hello())), down(record(server_hello(), 0x0303))),
    tls("TLS", 853, "dns.junction.example", ("dot",)),
    tls("SMTPS", 465, "mail.junction.example"),
    tls("IMAPS", 993, "mail.junction.example"),
    tls("POPS", 995, "mail.junction.example"),
    tls("TLS.Google", 443, "www.google.com"),
    udp("DTLS", 4433, up(dtls(0, client_hello("dtls.junction.example", version=0xfefd, cookie=b"\0"))),
        down(dtls(0, server_hello(0xfefd))), name="dtls.junction.example"),
    udp("QUIC", 443, up(quic("quic.junction.example")), name="quic.junction.example"),
    udp("QUIC", 443, up(google_quic("quic46.junction.example")), name="quic46.junction.example"),
]
