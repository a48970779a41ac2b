#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# server_root.sh FOLDER: the root of a server that was just installed, in FOLDER/server: debootstrap, and what this repository
# holds in /root/junction. As root; needs a package mirror, at the first time alone.
# Two things are done here and not by the commands in the virtual machine, where the processor is emulated and they would
# take half an hour and more: the packages of packages-build.txt, and the compiler's work. So `make install` finds both done.
# socat is the test's shell, and no part of a server.
set -Eeuo pipefail
here=$(dirname "$(realpath "$0")")
source=$(realpath "$here/../..")
mkdir -p "$1"
cd "$1"
exec 9>server.lock
flock 9
inside() { chroot server env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive "$@"; }

install_debian() {
    local mirror
    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -m 1 '/debian/\?$')
    rm -rf server.new
    debootstrap --include=socat bookworm server.new "$mirror"
    cat /etc/apt/apt.conf.d/99* >server.new/etc/apt/apt.conf.d/99host 2>/dev/null || true
    cp /etc/resolv.conf server.new/etc/resolv.conf
    mv server.new server
}
install_packages() {
    inside apt-get update -q
    # shellcheck disable=SC2046
    inside apt-get install -y -q --no-install-recommends $(cat "$source/deploy/packages-build.txt")
}
compile() {
    mkdir -p server/root/junction
    (cd "$source" && git ls-files -z | tar --null -T - -cf -) | tar -xpf - -C server/root/junction
    inside sh -c 'cd /root/junction && { test -f build/build.ninja || meson setup build; } && ninja -C build'
}
make_server() {
    [ -d server ] || install_debian
    [ server/.packages -nt "$source/deploy/packages-build.txt" ] || { install_packages && touch server/.packages; }
    compile
}
make_server >server.log 2>&1 || { tail -n 40 server.log >&2 && exit 1; }
mkdir -p server/nic
cp "$here/server_agent.sh" server/nic/agent.sh
cp "$here/guest.sh" server/nic/
