# SPDX-License-Identifier: BSD-3-Clause
"""AES-128 in Galois/Counter Mode (FIPS 197, SP 800-38D) and HKDF (RFC 5869), slow and short: for a first packet of QUIC."""
import hashlib
import hmac
import struct


def doubled(value):
    value <<= 1
    return value ^ 0x11b if value & 0x100 else value


def times(a, b):
    out = 0
    while b:
        out ^= a if b & 1 else 0
        a, b = doubled(a), b >> 1
    return out


def s_box():
    box = [0x63] * 256
    for value in range(1, 256):
        inverse = next(other for other in range(1, 256) if times(value, other) == 1)
        turned = [(inverse << turn | inverse >> (8 - turn)) & 0xff for turn in range(5)]
        box[value] = turned[0] ^ turned[1] ^ turned[2] ^ turned[3] ^ turned[4] ^ 0x63
    return box


SBOX = s_box()


def round_keys(key):
    words, factor = [list(key[at:at + 4]) for at in range(0, 16, 4)], 1
    for number in range(4, 44):
        word = list(words[-1])
        if number % 4 == 0:
            word = [SBOX[byte] for byte in word[1:] + word[:1]]
            word[0] ^= factor
            factor = doubled(factor)
        words.append([a ^ b for a, b in zip(words[-4], word)])
    return [sum(words[at:at + 4], []) for at in range(0, 44, 4)]


def mixed(column):
    return [times(column[at], 2) ^ times(column[(at + 1) % 4], 3) ^ column[(at + 2) % 4] ^ column[(at + 3) % 4]
            for at in range(4)]


def encrypt(key, block):
    keys = round_keys(key)
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        state = [SBOX[state[(at + at % 4 * 4) % 16]] for at in range(16)]
        if number < 10:
            state = sum((mixed(state[at:at + 4]) for at in range(0, 16, 4)), [])
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def ghash(key, content):
    h, total = int.from_bytes(encrypt(key, bytes(16)), "big"), 0
    for at in range(0, len(content), 16):
        block, total = total ^ int.from_bytes(content[at:at + 16], "big"), 0
        factor = h
        for bit in range(127, -1, -1):
            total ^= factor if block >> bit & 1 else 0
            factor = factor >> 1 ^ (0xe1 << 120 if factor & 1 else 0)
    return total.to_bytes(16, "big")


def seal(key, nonce, content, associated):
    """The encrypted content and its tag."""
    stream = b"".join(encrypt(key, nonce + struct.pack(">I", 2 + at)) for at in range(-(-len(content) // 16)))
    secret = bytes(a ^ b for a, b in zip(content, stream))
    padded = b"".join(part + bytes(-len(part) % 16) for part in (associated, secret))
    tag = ghash(key, padded + struct.pack(">QQ", 8 * len(associated), 8 * len(secret)))
    return secret + bytes(a ^ b for a, b in zip(tag, encrypt(key, nonce + struct.pack(">I", 1))))


def extract(salt, secret):
    return hmac.new(salt, secret, hashlib.sha256).digest()


def expand_label(secret, label, length):
    """HKDF-Expand-Label of TLS 1.3 (RFC 8446), of at most one block."""
    label = b"tls13 " + label
    info = struct.pack(">HB", length, len(label)) + label + b"\0"
    return hmac.new(secret, info + b"\1", hashlib.sha256).digest()[:length]
