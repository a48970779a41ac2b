#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""sizes.py FILE...: which functions and files are too long, and the functions' median. ctags finds the functions."""
import statistics
import subprocess
import sys

FUNCTION = 60  # lines, from its name to its last brace
FILE = 400
MEDIAN = 10


def functions(paths):
    """Each function's file, first line, name and length."""
    listed = subprocess.run(["ctags", "-x", "--kinds-C=f", "--language-force=C", "--_xformat=%{line} %{end} %N %F", *paths],
                            capture_output=True, text=True, check=True)
    for line in listed.stdout.splitlines():
        start, end, name, path = line.split(" ", 3)
        yield path, int(start), name, int(end) - int(start) + 1


def main(paths):
    found, lengths = [], []
    for path, start, name, length in functions(paths):
        lengths.append(length)
        if length > FUNCTION:
            found.append(f"{path}:{start}: {name} has {length} lines, at most {FUNCTION}")
    for path in paths:
        with open(path, encoding="utf-8") as file:
            length = sum(1 for _ in file)
        if length > FILE:
            found.append(f"{path}: {length} lines, at most {FILE}")
    if statistics.median(lengths) > MEDIAN:
        found.append(f"the median function has {statistics.median(lengths):g} lines, at most {MEDIAN}")
    print(f"{len(paths)} files, {len(lengths)} functions, median {statistics.median(lengths):g} lines, longest {max(lengths)}")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
