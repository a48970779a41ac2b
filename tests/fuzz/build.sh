#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Build every fuzzer into the directory given: each says on top which sources and libraries it is made of. Seeds: the
# corpus that the project carries, and its captures.
set -eu
cd "$(dirname "$0")/../.."
out=$1
mkdir -p "$out"
rooms=$(printf -- '-I%s ' dataplane/*/)
dpdk_cflags=$(pkg-config --cflags libdpdk) dpdk_libs=$(pkg-config --libs libdpdk)
build() {
    local target=$1 name sources libs
    name=$(basename "$target" .c)
    sources=$(sed -n 's|^// sources: *||p' "$target")
    libs=$(sed -n 's|^// libs: *||p' "$target")
    # shellcheck disable=SC2086
    [ "$out/$name" -nt "$target" ] && [ -z "$(find lib dataplane control tests/rig tests/fuzz -newer "$out/$name" -name '*.[ch]')" ] ||
        clang -std=gnu17 -g -O1 -fno-strict-aliasing -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -DJN_VERSION='"fuzz"' \
            -Ilib -Idataplane $rooms -Itests -Itests/unit $dpdk_cflags "$target" $sources ${libs/dpdk/$dpdk_libs} -o "$out/$name"
    mkdir -p "$out/corpus-${name#fuzz_}"
    [ ! -d "tests/fuzz/corpus/${name#fuzz_}" ] || cp -r "tests/fuzz/corpus/${name#fuzz_}/." "$out/corpus-${name#fuzz_}/"
}
for target in tests/fuzz/fuzz_*.c; do build "$target"; done
python3 tests/fuzz/seeds.py "$out" tests/captures/*.pcap
