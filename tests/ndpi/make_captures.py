#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""Writes captures whose flows nDPI knows by what is in them, a capture a family, into the folder given. The same bytes at
every run. --check: and runs ndpiReader over them, and says which it does not take for what they are meant to be.
--list: the protocols, too. --twist SEED: and captures of the same flows, but damaged."""
import argparse
import importlib
import os
import sys

sys.dont_write_bytecode = True

import frames  # noqa: E402
import reader  # noqa: E402
import twist  # noqa: E402

FAMILIES = ("text", "secure", "services", "databases", "voice", "industry", "tunnels", "sharing")


def flows_of(family):
    return importlib.import_module(family).FLOWS


def write(folder):
    """The captures' paths, by family."""
    os.makedirs(folder, exist_ok=True)
    paths = {}
    for number, family in enumerate(FAMILIES):
        paths[family] = os.path.join(folder, family + ".pcap")
        with open(paths[family], "wb") as file:
            file.write(frames.capture(flows_of(family), 300 * number))
    return paths


def write_twisted(folder, seed):
    for number, family in enumerate(FAMILIES):
        with open(os.path.join(folder, f"{family}-{seed}.pcap"), "wb") as file:
            file.write(twist.capture(flows_of(family), 300 * number, seed))


def wrong_in(family, path, first):
    """Sentences: flows that ndpiReader takes for another protocol than they were made for, or knows by their port alone."""
    found = {flow.ends: flow for flow in reader.run(path).flows}
    for index, flow in enumerate(flows_of(family)):
        ends = frames.Ends(flow, first + index)
        ports = ends.ports if flow.number in (frames.TCP, frames.UDP) else (0, 0)
        seen = found.get(reader.ends(flow.number, *zip(map(reader.as_printed, ends.addresses), ports)))
        if seen is None:
            yield f"{family}: {flow.protocol}: not there"
        elif seen.protocol != flow.protocol or not seen.confidence.startswith("DPI"):
            yield f"{family}: {flow.protocol}: ndpiReader says {seen.protocol}, confidence {seen.confidence}"
        elif flow.name and seen.name != flow.name:
            yield f"{family}: {flow.protocol}: name {flow.name}: ndpiReader says {seen.name}"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--twist", type=int, nargs="*", default=[], metavar="SEED")
    options = parser.parse_args()
    protocols = sorted({flow.protocol for family in FAMILIES for flow in flows_of(family)})
    if options.list:
        print("\n".join(protocols))
    paths = write(options.folder)
    for seed in options.twist:
        write_twisted(options.folder, seed)
    wrong = []
    if options.check:
        for number, (family, path) in enumerate(paths.items()):
            wrong += wrong_in(family, path, 300 * number)
    print("\n".join(wrong + [f"{len(protocols)} protocols in {len(paths)} captures"]))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
