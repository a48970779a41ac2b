#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# image.sh FOLDER: Debian's kernel and an initrd for the virtual machine, made once in FOLDER: vmlinuz, initrd,
# lib/modules. The kernel's package is unpacked there, never installed on the host. As root.
set -Eeuo pipefail
here=$(dirname "$(realpath "$0")")
mkdir -p "$1"
cd "$1"
exec 9>lock
flock 9 # another run may be at it

# The newest kernel that Debian's metapackage names.
newest() { apt-cache depends linux-image-amd64 2>/dev/null | sed -nE 's/^ *Depends: (linux-image-[0-9].*-amd64)$/\1/p' | head -n 1; }

unpack_kernel() {
    local name
    [ -n "$(newest)" ] || apt-get update -q
    name=$(newest)
    [ -n "$name" ] || { echo "image.sh: linux-image-amd64: no package source has it" >&2 && exit 1; }
    rm -rf kernel lib ./*.deb
    apt-get download -q "$name" || { apt-get update -q && apt-get download -q "$(newest)"; }
    dpkg -x ./*.deb kernel
    rm -f ./*.deb
    mv kernel/boot/vmlinuz-* vmlinuz
    mv kernel/lib .
    rm -rf kernel
    depmod -b . "$(ls lib/modules)"
}

# Only what it takes to reach the host's root; all other modules are then loaded from there.
make_initrd() {
    local version module tree
    version=$(ls lib/modules)
    tree=$(mktemp -d)
    mkdir -p "$tree"/{bin,modules,proc,sys,dev,lower,upper,root}
    cp "$(command -v busybox)" "$tree/bin/busybox"
    cp "$here/init.sh" "$tree/init"
    for module in virtio_pci 9pnet_virtio 9p overlay; do
        modprobe -d . -S "$version" --show-depends "$module"
    done | sed -nE 's/^insmod (\S+).*/\1/p' | awk '!seen[$0]++' | while read -r module; do
        cp "$module" "$tree/modules/"
        echo "${module##*/}" >>"$tree/modules/order"
    done
    (cd "$tree" && find . | cpio -o -H newc --quiet | gzip -1) >initrd.new
    mv initrd.new initrd
    rm -rf "$tree"
}

[ -f vmlinuz ] && [ -d lib/modules ] || unpack_kernel >image.log 2>&1 || { cat image.log >&2 && exit 1; }
[ initrd -nt vmlinuz ] && [ initrd -nt "$here/init.sh" ] && [ initrd -nt "$here/image.sh" ] || make_initrd
