#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Seeds for the packet fuzzers from captures: seeds.py DIRECTORY CAPTURE..."""
import pathlib
import struct
import sys


def frames(path):
    data = path.read_bytes()
    order = {b"\xd4\xc3\xb2\xa1": "<", b"\x4d\x3c\xb2\xa1": "<", b"\xa1\xb2\xc3\xd4": ">"}.get(data[:4])
    if order is None:
        return
    at = 24
    while at + 16 <= len(data):
        length = struct.unpack_from(order + "I", data, at + 8)[0]
        yield data[at + 16:at + 16 + length]
        at += 16 + length


def payload(frame):
    """Of a frame of Ethernet and IPv4 without options: is it of UDP, its ports, what TCP or UDP carries; or None."""
    if len(frame) < 54 or frame[12:15] != b"\x08\0\x45" or frame[23] not in (6, 17):
        return None
    header = 8 if frame[23] == 17 else (frame[46] >> 4) * 4
    return frame[23] == 17, *struct.unpack_from(">HH", frame, 34), frame[34 + header:]


def samples(found):
    """For fuzz_engine: payloads of flows, by the smaller port, in the order in which they came."""
    for udp, source, destination, content in filter(None, map(payload, found)):
        port, bits = min(source, destination), (source < destination) | 16 * udp
        yield struct.pack(">BBHH", port % 8, bits, port, len(content)) + content


directory = pathlib.Path(sys.argv[1])
for kind in ("capture", "engine", "parse", "pipeline", "readers", "reinject"):
    (directory / f"corpus-{kind}").mkdir(parents=True, exist_ok=True)
# Spools: small numbers, from which segments and frames come to be.
(directory / "corpus-spool").mkdir(parents=True, exist_ok=True)
for step in range(1, 9):
    (directory / "corpus-spool" / f"step-{step}").write_bytes(bytes(i * step % 223 for i in range(1024)))
# Answers: frames of each flow, then answers for them, with every kind of step between.
(directory / "corpus-answers").mkdir(parents=True, exist_ok=True)
for step in range(1, 9):
    frames_first = b"".join(bytes([6, i % 8]) for i in range(16))
    answers = b"".join(bytes([3, i % 8, i % 4, 0, i * step % 250, 7, 5, step, 11, step]) for i in range(8))
    between = bytes(i * step % 241 for i in range(64))
    (directory / "corpus-answers" / f"step-{step}").write_bytes(frames_first + answers + between + frames_first + answers)
(directory / "corpus-samples").mkdir(parents=True, exist_ok=True)


def transport(frame):
    """Of IPv4 over Ethernet: is it TCP, and what it carries; None: another frame."""
    header = 14 + (frame[14] & 15) * 4 if frame[12:14] == b"\x08\x00" and len(frame) > 34 else 0
    if header == 0 or frame[23] not in (6, 17) or len(frame) <= header + 20:
        return None
    tcp = frame[23] == 6
    return tcp, frame[header + ((frame[header + 12] >> 4) * 4 if tcp else 8):]


for name in sys.argv[2:]:
    path = pathlib.Path(name)
    (directory / "corpus-capture" / path.name).write_bytes(path.read_bytes()[:4096])
    (directory / "corpus-engine" / path.stem).write_bytes(b"".join(samples(list(frames(path))[:64])))
    for i, frame in enumerate(list(frames(path))[:64]):
        (directory / "corpus-readers" / f"{path.stem}-{i}").write_bytes(b"\x20" + (transport(frame) or [b""])[-1])
    found = [f[:255] for f in frames(path)][:64]
    # As one flow's samples, which is on that capture's seventh port: any.
    carried = [c for c in map(transport, frames(path)) if c and c[1]][:8]
    (directory / "corpus-samples" / path.stem).write_bytes(b"\1" + b"".join(
        bytes([2 * tcp + i % 2, len(path.stem)]) + struct.pack(">H", len(text[:1000])) + text[:1000] + b"\x60"
        for i, (tcp, text) in enumerate(carried)))
    whole = b"".join(bytes([i % 2, len(f), 0]) + f for i, f in enumerate(found[:16]))
    (directory / "corpus-pipeline" / path.stem).write_bytes(whole)
    # By the wire, redirected; then back from the gateway, whole and in pieces.
    steps = b"".join(bytes([how, len(f)]) + f for f in found[:8] for how in (0, 0x0b, 0x2b))
    (directory / "corpus-reinject" / path.stem).write_bytes(b"\1\0" + steps)
    for i, frame in enumerate(found):
        (directory / "corpus-parse" / f"{path.stem}-{i}").write_bytes(b"\0" + frame)
        apart = struct.pack(">BI", 128, len(frame) // 2)
        (directory / "corpus-parse" / f"{path.stem}-{i}-apart").write_bytes(apart + frame)
