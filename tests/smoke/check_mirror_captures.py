#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Of a capture and what a replay of it sent to one peer: each copy is the frame it should be, byte for byte, and tshark
finds nothing malformed in it but what is so in the original. Prints the number of copies."""
import argparse
import subprocess
import sys

from captures import frames
from check_mirror import Malformed, copies, need


def marks(path, layer=None):
    """Of each frame, or of each in which it sees this layer, whether a part is malformed to tshark."""
    command = ["tshark", "-n", "-r", path, "-T", "fields", "-e", "frame.protocols", "-e", "_ws.malformed"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return ["malformed" in line for line in lines if layer is None or layer in line.split("\t")[0].split(":")]


def ip_length(packet):
    return int.from_bytes(packet[2:4], "big") if packet[0] >> 4 == 4 else 40 + int.from_bytes(packet[4:6], "big")


def is_copy(copy, data, wire, limit):
    """Is it what this encapsulation carries of the frame? limit: bytes that a copy may have been cut to."""
    if copy.truncated not in (None, len(copy.inner) < wire):
        return False
    if copy.kind != "gre":
        return copy.inner == data[:limit]
    at = data.find(copy.inner)
    whole = ip_length(copy.inner) or len(data) # 0: a jumbogram, or offloaded to the NIC
    return at >= 0 and copy.inner[0] >> 4 in (4, 6) and len(copy.inner) == min(len(data) - at, whole, limit or whole)


def matches(found, listed, limit):
    """The number of each copy's frame, in order; frames without a copy are those that gre cannot carry."""
    numbers, at = [], 0
    for copy in found:
        while at < len(listed) and not is_copy(copy, *listed[at], limit):
            need(copy.kind == "gre", f"the copy of frame {at + 1}, {len(listed[at][0])} bytes, is {copy.inner[:60].hex()}...")
            at += 1
        need(at < len(listed), f"a copy of no frame, after frame {numbers[-1:]}: {copy}")
        numbers.append(at)
        at += 1
    return numbers


def fragment_count(copy, mtu):
    """Fragments that the outer packet of a copy needs: none when it fits."""
    size = len(copy.inner) + {"gretap": 4, "gre": 4, "erspan2": 16, "erspan3": 20}[copy.kind]
    header = 20 if copy.destination.version == 4 else 40
    if header + size <= mtu:
        return 0
    last = mtu - header - (0 if header == 20 else 8) # IPv6 has a fragment header
    return 1 + -(-(size - last) // (last & ~7))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("original", "written", "address"):
        parser.add_argument(name)
    parser.add_argument("--limit", type=int, help="bytes that copies are cut to")
    parser.add_argument("--count", type=int, help="copies that there should be; without: all frames")
    parser.add_argument("--mtu", type=int, required=True, help="of the underlay")
    options = parser.parse_args()
    listed = frames(options.original)
    found, fragments = copies(frames(options.written), options.address)
    numbers = matches(found, listed, options.limit)
    wanted = len(listed) if options.count is None else options.count
    need(len(numbers) == wanted, f"{wanted} copies expected, {len(numbers)} found")
    needed = sum(fragment_count(copy, options.mtu) for copy in found)
    need(fragments == needed, f"{needed} fragments expected at an MTU of {options.mtu}, {fragments} found")
    in_copy, in_original = marks(options.written, "gre"), marks(options.original)
    need(len(in_copy) == len(numbers), f"tshark sees {len(in_copy)} copies of {len(numbers)}")
    bad = []
    for number, malformed in zip(numbers, in_copy):
        data, wire = listed[number]
        whole = len(data) == wire and (options.limit is None or len(data) <= options.limit)
        if malformed and not in_original[number] and whole:
            bad.append(number + 1)
    need(not bad, f"malformed in the copy alone: frames {bad}")
    print(f"{len(numbers)} copies, {fragments} fragments, {sum(in_copy)} malformed to tshark")


if __name__ == "__main__":
    try:
        main()
    except Malformed as error:
        sys.exit(f"{' '.join(sys.argv[1:])}: {str(error)[:1000]}")
