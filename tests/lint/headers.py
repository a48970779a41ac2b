#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""headers.py [DIRECTORY]: every function that a header declares is defined by the .c of its name."""
import collections
import pathlib
import re
import sys

DIRECTORIES = ["lib", "dataplane", "control"]
ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else '.')


def strip(text):
    text = re.sub(r'/\*.*?\*/', '', text, flags=re.S)
    text = re.sub(r'//[^\n]*', '', text)
    text = re.sub(r"'(?:\\.|[^'\\\n])'", '0', text)
    text = re.sub(r'"(?:\\.|[^"\\\n])*"', '""', text)
    return re.sub(r'^[ \t]*#(?:[^\n\\]|\\\n|\\.)*', '', text, flags=re.M)


def top_level(text):
    """Text outside of braces, what stands in them as {}."""
    out, depth = [], 0
    for c in text:
        if c == '{':
            if depth == 0:
                out.append('{}')
            depth += 1
        elif c == '}':
            depth -= 1
        elif depth == 0:
            out.append(c)
    return ''.join(out)


NAME = re.compile(r'\b([A-Za-z_]\w*)\s*\(')


def function_of(statement):
    """Name of the function that the statement declares; None: it declares none."""
    s = ' '.join(statement.split())
    if '=' in s or '{}' in s.split('(')[0] and not re.match(r'(struct|enum)', s):
        return None
    s = re.sub(r'__attribute__\s*\(\(.*?\)\)', '', s)
    if s.startswith(('typedef', 'static', '_Static_assert', 'static_assert')):
        return None
    if re.search(r'\(\s*\*', s.split(')')[0]) and not NAME.match(s):
        head = s.split('(')[0]
        if not NAME.search(s[:s.find('(') + 1]) or head.split()[-1] in ('void', 'int', 'bool'):
            return None
    m = NAME.search(s)
    return m.group(1) if m else None


def declared(path):
    text = top_level(strip(path.read_text()))
    text = re.sub(r'\bstatic\b[^;{]*\{\}', ';', text)
    text = re.sub(r'\b(?:struct|enum|union)\s+\w*\s*\{\}[^;]*;', ';', text)
    for s in text.split(';'):
        s = re.sub(r'^\s*[A-Z_][A-Z0-9_]*\s*\([^)]*\)\s*$', '', s.strip())
        name = function_of(s) if s else None
        if name and not name.isupper() and '__ksym' not in s:  # the kernel's own
            yield name


def defined(path):
    text = top_level(strip(path.read_text()))
    return {m.group(1) for m in re.finditer(r'\b([A-Za-z_]\w*)\s*\([^;{}]*\)\s*\{\}', text)}


def headers(files):
    bad = 0
    by_function = collections.defaultdict(list)
    for f in files:
        if f.suffix == '.c':
            for name in defined(f):
                by_function[name].append(f)
    for f in files:
        if f.suffix != '.h':
            continue
        for name in declared(f):
            if f.with_suffix('.c') not in by_function[name]:
                where = ', '.join(str(p.relative_to(ROOT)) for p in by_function[name] if p.parent == f.parent) or \
                        ', '.join(str(p.relative_to(ROOT)) for p in by_function[name]) or 'nowhere'
                print(f'{f.relative_to(ROOT)}: {name} is defined in {where}')
                bad += 1
    return bad


def main():
    files = [f for d in DIRECTORIES for f in sorted((ROOT / d).rglob('*.[ch]')) if not f.name.endswith('.bpf.c')]
    sys.exit(1 if headers(files) else 0)


main()
