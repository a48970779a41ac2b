#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""documents.py: what documents name exists: files, folders and jn_ words between backticks, what links lead to.
documents.py --self-test: plant each fault and see it found."""
import pathlib
import posixpath
import re
import subprocess
import sys

SUFFIX = r"(?:c|h|py|sh|md|json|build)"
CODE = re.compile(r"`([\w.+/-]+(?:\.%s|/))`" % SUFFIX)
WORD = re.compile(r"\bjn_\w+", re.I)
LINK = re.compile(r"\]\(([^)\s:]*)\)")  # without a scheme: of this project
HEADING = re.compile(r"^#+ (.*)$", re.M)


def anchor(heading):
    """As forges make it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def is_known(name, paths):
    """As a path, or as the end of one; a folder also as a part of one. Absolute paths are of the host."""
    if name.startswith("/"):
        return True
    return any(("/" + path).endswith("/" + name) or (name.endswith("/") and "/" + name in "/" + path) for path in paths)


def check_link(path, link, paths, headings):
    target, _, heading = link.partition("#")
    whole = posixpath.normpath(posixpath.join(posixpath.dirname(path), target)) if target else path
    if whole not in paths:
        yield f"the link leads to {whole}, which is not there"
    elif heading and heading not in headings.get(whole, ()):
        yield f"{whole} has no heading #{heading}"


def check_line(path, line, paths, words, headings):
    for name in CODE.findall(line):
        if not is_known(name, paths):
            yield f"no file or folder is {name}"
    for code in re.findall(r"`([^`]*)`", line):
        for word in WORD.findall(code):
            if word not in words:
                yield f"nothing in the source is {word}"
    for link in LINK.findall(line):
        yield from check_link(path, link, paths, headings)


def check(documents, paths, words):
    """documents: path to text; words: those of the source. Yields what is wrong."""
    headings = {path: {anchor(h) for h in HEADING.findall(text)} for path, text in documents.items()}
    for path, text in documents.items():
        for number, line in enumerate(text.splitlines(), 1):
            for said in check_line(path, line, paths, words, headings):
                yield f"{path}:{number}: {said}"


def self_test():
    paths = ["docs/a.md", "lib/log.c", "lib/config/keys.h"]
    good = "# One thing\n`struct jn_log`, `log.c`, `lib/config/`, `config/keys.h`, `/etc/x.json`, `a.b`, [x](a.md#one-thing), [y](https://x/y)\n"
    faults = {"`g.c`": "is g.c", "`og.c`": "is og.c", "`config/log.c`": "is config/log.c", "`li/`": "is li/",
              "`jn_lo`": "is jn_lo", "[x](b.md)": "leads to docs/b.md", "[x](#two)": "no heading #two", "[x](a.md#two)": "no heading #two"}
    found = list(check({"docs/a.md": good}, paths, {"jn_log"}))
    if found:
        sys.exit(f"documents.py: finds faults where there are none: {found}")
    for planted, said in faults.items():
        found = list(check({"docs/a.md": good + planted}, paths, {"jn_log"}))
        if len(found) != 1 or said not in found[0]:
            sys.exit(f"documents.py: {planted} is not found: expected {said!r}, found {found}")


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    paths = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.splitlines()
    words = {word for p in paths if re.search(r"\.[ch]$", p) for word in WORD.findall(pathlib.Path(p).read_text())}
    found = list(check({p: pathlib.Path(p).read_text() for p in paths if p.endswith(".md")}, paths, words))
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
