# SPDX-License-Identifier: BSD-3-Clause
"""What the scripts share that print C tables of packets. Without arguments a script prints its header; with a directory
it writes seeds for a fuzzer there."""
import pathlib
import random
import sys

import scapy.route
import scapy.route6
from scapy.config import conf
from scapy.packet import Raw

# What a packet leaves unsaid scapy takes from this machine's routes and interfaces: here it is the same everywhere.
conf.route.route = lambda *args, **more: ("lo", "0.0.0.0", "0.0.0.0")
conf.route6.route = lambda *args, **more: ("lo", "::", "::")

def filler(length):
    """Bytes that look random and are the same in every run."""
    return Raw(random.Random(length).randbytes(length))


def boolean(value):
    return "true" if value else "false"


def digits(data):
    """A C string of hexadecimal digits, in lines."""
    text = bytes(data).hex()
    return "\n        ".join(f'"{text[i:i + 100]}"' for i in range(0, len(text), 100)) or '""'


def blob(data):
    """struct bytes, without the zeros at the end."""
    return f"{{{len(bytes(data))}, {digits(bytes(data).rstrip(bytes(1)))}}}"


def table(declaration, rows):
    return "\n".join([f"\nstatic const struct {declaration}[] = {{", *rows, "};"])


def header(include, *parts):
    script = pathlib.Path(sys.argv[0]).name
    return "\n".join(["// SPDX-License-Identifier: BSD-3-Clause", f"// Made by {script} with scapy: change that, not this.",
                      "#pragma once", "", f'#include "{include}"', "", "// clang-format off", *parts, "// clang-format on"])


def main(text, frames=(), at_once=1):
    """frames: (first byte, frame) as the fuzzer reads them, of which the short ones become seeds, `at_once` in each."""
    if len(sys.argv) < 2:
        print(text)
        return
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    seeds = [bytes([first, len(frame)]) + frame for first, frame in frames if len(frame) < 200]
    for i in range(0, len(seeds), at_once):
        (directory / f"{i:03d}").write_bytes(b"".join(seeds[i:i + at_once]))
