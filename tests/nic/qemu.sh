#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# qemu.sh FOLDER: the path of a QEMU that has igb, which came with version 8: the host's, or that of a package source that
# is configured (bookworm-backports), unpacked in FOLDER and never installed. Exit status 1 without one. As root.
set -Eeuo pipefail
host=$(command -v qemu-system-x86_64)
# Asked for this device alone: a list of all has QEMU load its modules, and it finds those of the host's QEMU.
has_igb() { [[ $("$1" -device igb,help 2>/dev/null) == "igb options:"* ]]; }
! has_igb "$host" || { echo "$host" && exit; }
mkdir -p "$1/qemu"
cd "$1/qemu"
exec 9>../lock
flock 9
newer() { apt-cache madison qemu-system-x86 | awk -F' *[|] *' '{ split($2, v, /[:.]/); if (v[1] + 0 == 1 && v[2] + 0 >= 8) { print $2; exit } }'; }
unpack() {
    local version package
    version=$(newer)
    [ -n "$version" ] || return 1
    for package in qemu-system-x86 qemu-system-common qemu-system-data; do
        apt-get download -q "$package=$version"
        dpkg -x "$package"_*.deb .
    done
    rm -f ./*.deb
}
[ -x usr/bin/qemu-system-x86_64 ] || unpack >../qemu.log 2>&1 || exit 1
has_igb "$PWD/usr/bin/qemu-system-x86_64" || exit 1
echo "$PWD/usr/bin/qemu-system-x86_64"
