#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# build.sh DIRECTORY: every fuzzer, DIRECTORY/tests/fuzz/fuzz_NAME, and its seeds, DIRECTORY/corpus-NAME: the corpus that
# the project carries, frames of the unit tests' tables, and the captures.
set -eu
cd "$(dirname "$0")/../.."
out=$1
flags=-fsanitize=fuzzer-no-link,address,undefined
[ -f "$out/build.ninja" ] || CC=clang meson setup "$out" -Dfuzzers=true -Ddebug=true -Doptimization=1 -Db_lundef=false \
    -Dc_args="$flags -fno-sanitize-recover=all" -Dc_link_args="$flags"
ninja -C "$out" fuzzers
for target in tests/fuzz/fuzz_*.c; do
    name=$(basename "$target" .c)
    name=${name#fuzz_}
    mkdir -p "$out/corpus-$name"
    [ ! -d "tests/fuzz/corpus/$name" ] || cp -r "tests/fuzz/corpus/$name/." "$out/corpus-$name/"
done
for name in gate underlay; do /usr/bin/python3 -B "tests/unit/vectors/${name}_vectors.py" "$out/corpus-$name"; done
python3 tests/fuzz/seeds.py "$out" tests/captures/*.pcap tests/captures/*.pcapng
