#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# one_copy.sh LD OBJCOPY SIZE NAME OUT LIBRARY...: makes one object of all that the libraries hold, in which NAME alone is seen
# from without: so copies of the same sources lie in one program. SIZE "-": no look for variables, of which each copy would have
# its own; what sanitizers count in is such.
set -eu
ld=$1 objcopy=$2 size=$3 name=$4 out=$5
shift 5
"$ld" -r --force-group-allocation --whole-archive -o "$out.all" "$@"
"$objcopy" --keep-global-symbol="$name" "$out.all" "$out"
rm "$out.all"
[ "$size" != - ] || exit 0
variables=$("$size" -A "$out" | awk '/^\.(data|bss|tdata|tbss)/ && !/^\.data\.rel\.ro/ && $2 != 0 { print $1 " has " $2 " bytes" }')
if [ -n "$variables" ]; then
    echo "$name: $variables: a source of the packet path (hot_... in dataplane/meson.build) has a variable, and each copy its own" >&2
    rm "$out"
    exit 1
fi
