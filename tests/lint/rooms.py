#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""rooms.py [ROOT]: hold the include lines of dataplane, lib and control to the order of rooms.
rooms.py --self-test: plant each fault in a small tree and see it found."""
import collections
import pathlib
import re
import sys
import tempfile

# From the ground up: a room includes itself and those before it. docs/architecture.md tells what is in each.
# The files directly in dataplane/ are the roof, above all rooms.
ROOMS = ["packet", "capture", "core", "host", "tunnel", "underlay", "gate", "policy", "flow", "mirror", "redirect", "forward", "pipeline",
         "worker", "path", "port"]
CIRCLE = 3  # so many files of one room may include each other in a circle

INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]')


def home(path):
    return path.rpartition("/")[0]


def rank(room):
    """How high a room of dataplane stands."""
    return ROOMS.index(room.removeprefix("dataplane/")) if room != "dataplane" else len(ROOMS)


def why_not(room, other):
    """Why a file of room may not include one of other; None if it may."""
    tree = room.partition("/")[0]
    if other == "lib" or room == other:
        return None
    if other == "lib/config":
        return None if tree == "control" else f"{room} does not know the configuration's JSON"
    if other == "lib/applications":
        return None if tree == "control" or room == "lib/config" else f"{room} knows applications by their numbers alone"
    if tree != "dataplane" or not other.startswith("dataplane"):
        return f"{room} includes itself and lib alone"
    return f"{other} stands above {room}" if rank(other) > rank(room) else None


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files = sorted(str(p.relative_to(root)) for top in ("dataplane", "lib", "control")
                            for p in self.root.glob(top + "/**/*.[ch]"))
        self.by_name = collections.defaultdict(list)
        for path in self.files:
            self.by_name[path.rpartition("/")[2]].append(path)
        self.arrows = collections.defaultdict(set)
        self.found = []

    def find(self, path, name):
        """What an include line means, and whether it says so: the room, or nothing for lib, the roof, and a program's own."""
        bases = {"dataplane": ["dataplane"], "lib": ["lib"], "control": [home(path), "lib"]}[path.partition("/")[0]]
        for base in bases + ["lib", ""]:
            target = str(pathlib.PurePosixPath(base, name))
            if target in self.files:
                return target, True
        same = sorted(self.by_name.get(name.rpartition("/")[2], ()), key=lambda p: p.split("/")[0] != path.split("/")[0])
        return (same[0] if same else None), False

    def check_include(self, where, path, name, of_system):
        target, named = self.find(path, name)
        if target is None or (of_system and not named):
            return  # the compiler says so, or it is generated
        room, other = home(path), home(target)
        self.arrows[unit(path)].add(unit(target))
        wrong = why_not(room, other)
        if wrong:
            self.found.append(f'{where}: {room} includes "{name}" of {other}: {wrong}')
        elif not named:
            self.found.append(f'{where}: "{name}" does not name its room: it is {target.partition("/")[2]}')

    def check_includes(self):
        for path in self.files:
            for number, line in enumerate((self.root / path).read_text().splitlines(), 1):
                match = INCLUDE.match(line)
                if match:
                    self.check_include(f"{path}:{number}", path, match[2], match[1] == "<")

    def check_rooms(self):
        for path in self.files:
            if path.startswith("dataplane/") and home(path) != "dataplane" and home(path).partition("/")[2] not in ROOMS:
                sys.exit(f"{path}: its room is not in the list of tests/lint/rooms.py")

    def check_names(self):
        """Headers have one name in the whole product; sources in dataplane and lib: each program has a main.c."""
        for name, paths in self.by_name.items():
            paths = [p for p in paths if name.endswith(".h") or not p.startswith("control/")]
            if len(paths) > 1:
                self.found.append(f"{paths[1]}: the name stands twice: {', '.join(paths)}")

    def check_circles(self):
        for circle in circles(self.arrows):
            rooms = sorted({home(u) for u in circle})
            if len(rooms) > 1:
                self.found.append(f"{min(circle)}: a circle of files across {', '.join(rooms)}: {' '.join(sorted(circle))}")
            elif len(circle) > CIRCLE:
                self.found.append(f"{min(circle)}: {len(circle)} files of {rooms[0]} include each other in a circle, "
                                  f"at most {CIRCLE} may: {' '.join(sorted(circle))}")

    def check_document(self):
        """docs/architecture.md lists the rooms between two marks, in the same order."""
        block = re.search(r"<!-- rooms -->(.*?)<!-- end of rooms -->", (self.root / "docs/architecture.md").read_text(), re.S)
        listed = re.findall(r"^\W*(\w+)/", block[1], re.M) if block else []
        if listed != ROOMS:
            self.found.append(f"docs/architecture.md: lists the rooms as {' '.join(listed) or 'nothing'}; "
                              f"tests/lint/rooms.py: {' '.join(ROOMS)}")

    def check(self):
        self.check_rooms()
        self.check_includes()
        self.check_names()
        self.check_circles()
        self.check_document()
        return self.found


def unit(path):
    """A source and its header are one file to a circle."""
    return re.sub(r"(\.bpf)?\.[ch]$", "", path)


def circles(arrows):
    """Sets of files of which each reaches each other one."""
    reach = {}
    for start in list(arrows):
        seen, todo = set(), [start]
        while todo:
            for following in arrows.get(todo.pop(), ()):
                if following not in seen:
                    seen.add(following)
                    todo.append(following)
        reach[start] = seen
    done = set()
    for start in sorted(reach):
        if start not in done and start in reach[start]:
            circle = {other for other in reach[start] if start in reach.get(other, ())}
            done |= circle
            if len(circle) > 1:
                yield circle


GOOD = {
    "lib/log.h": "", "lib/log.c": '#include "log.h"', "lib/config/keys.h": "", "lib/config/keys.c": '#include "config/keys.h"\n#include "log.h"',
    "dataplane/core/burst.h": '#include "log.h"', "dataplane/flow/table.c": '#include "core/burst.h"\n#include "flow/table.h"',
    "dataplane/flow/table.h": "", "dataplane/main.c": '#include "options.h"\n#include "flow/table.h"', "dataplane/options.h": "",
    "dataplane/port/wire.bpf.c": "#include <linux/bpf.h>", "dataplane/flow/a.h": '#include "flow/b.h"', "dataplane/flow/b.c": '#include "flow/c.h"',
    "dataplane/flow/b.h": "", "dataplane/flow/c.h": '#include "flow/a.h"',
    "control/ctl/main.c": '#include "view.h"\n#include "log.h"\n#include "config/keys.h"', "control/ctl/view.h": "",
    "lib/applications/names.h": "", "lib/config/rule.c": '#include "applications/names.h"',
    "control/ctl/flows.c": '#include "applications/names.h"',
    "docs/architecture.md": "<!-- rooms -->\n" + "".join(f"    {room}/ what\n" for room in ROOMS) + "<!-- end of rooms -->\n",
}
# What is planted, and a part of what is then said.
FAULTS = [
    ({"dataplane/core/burst.h": '\n#include "flow/table.h"'},
     'dataplane/core/burst.h:2: dataplane/core includes "flow/table.h" of dataplane/flow: dataplane/flow stands above'),
    ({"dataplane/core/burst.h": "#include <flow/table.h>"}, "dataplane/flow stands above"),
    ({"dataplane/flow/table.h": '#include "options.h"'}, "dataplane stands above dataplane/flow"),
    ({"dataplane/flow/table.c": '#include "table.h"'}, '"table.h" does not name its room: it is flow/table.h'),
    ({"dataplane/main.c": '#include "config/keys.h"'}, "dataplane does not know the configuration's JSON"),
    ({"lib/log.c": '#include "config/keys.h"'}, "lib does not know the configuration's JSON"),
    ({"lib/config/keys.c": '#include "keys.h"'}, '"keys.h" does not name its room: it is config/keys.h'),
    ({"dataplane/main.c": '#include "../control/ctl/view.h"'}, "dataplane includes itself and lib alone"),
    ({"control/ctl/main.c": '#include "flow/table.h"'}, "control/ctl includes itself and lib alone"),
    ({"dataplane/main.c": '#include "applications/names.h"'}, "dataplane knows applications by their numbers alone"),
    ({"lib/log.c": '#include "applications/names.h"'}, "lib knows applications by their numbers alone"),
    ({"lib/log.h": '#include "core/burst.h"'}, "lib includes itself and lib alone"),
    ({"dataplane/flow/log.c": ""}, "the name stands twice: dataplane/flow/log.c, lib/log.c"),
    ({"control/ctl/table.h": ""}, "the name stands twice: control/ctl/table.h, dataplane/flow/table.h"),
    ({"dataplane/core/burst.h": '#include "flow/table.h"'}, "a circle of files across dataplane/core, dataplane/flow"),
    ({"dataplane/flow/c.h": '#include "flow/d.h"', "dataplane/flow/d.h": '#include "flow/a.h"'}, "4 files of dataplane/flow include each other"),
    ({"docs/architecture.md": "<!-- rooms -->\n- `core/`\n- `packet/`\n<!-- end of rooms -->"}, "lists the rooms as core packet;"),
    ({"docs/architecture.md": ""}, "lists the rooms as nothing;"),
]


def findings(files):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            file = pathlib.Path(root, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text + "\n")
        return Tree(root).check()


def self_test():
    if findings(GOOD):
        sys.exit("rooms.py: finds faults where there are none: " + "\n".join(findings(GOOD)))
    for planted, said in FAULTS:
        found = findings(GOOD | planted)
        if not any(said in line for line in found):
            sys.exit(f"rooms.py: {planted} is not found: expected {said!r}, found {found}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    found = Tree(sys.argv[1] if len(sys.argv) > 1 else ".").check()
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
