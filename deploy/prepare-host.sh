#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# prepare-host.sh: what a host needs once, and again after a start without systemd: Junction's users and group, and memory
# under /run/junction where /run is on a disk. As root; what is there already stays as it is.
set -eu
[ "$(id -u)" -eq 0 ] || { echo "prepare-host.sh: must be run as root" >&2; exit 1; }
here=$(dirname "$(realpath "$0")")

# The lines of sysusers.d, where there is no systemd to read them.
make_users() {
    local kind name rest comment
    while read -r kind name rest; do
        comment=$(sed -n 's/.*"\(.*\)".*/\1/p' <<<"$rest")
        case $kind in
        g) getent group "$name" >/dev/null || groupadd --system "$name" ;;
        u) getent passwd "$name" >/dev/null ||
            useradd --system --user-group --no-create-home --home-dir / --shell /usr/sbin/nologin \
                --comment "$comment" "$name" ;;
        m) id -nG "$name" | tr ' ' '\n' | grep -qx "$rest" || usermod --append --groups "$rest" "$name" ;;
        esac
    done < <(grep -E '^[gum] ' "$1")
}

in_memory() { case $(stat -f -c %T "$1") in tmpfs | ramfs) ;; *) return 1 ;; esac; }

if command -v systemd-sysusers >/dev/null; then
    systemd-sysusers "$here/sysusers.d/junction.conf"
else
    make_users "$here/sysusers.d/junction.conf"
fi

mkdir -p /run/junction
# Where shared memory is on a disk, writing it back stops the packet path.
if ! in_memory /run/junction && [ -z "$(find /run/junction -mindepth 1 -type d -not -name '.*' -print -quit)" ]; then
    options=mode=0750,gid=junction,nosuid,nodev,noexec
    # Large pages for tables, where the kernel has them at all.
    mount -t tmpfs -o "$options,huge=advise" junction /run/junction 2>/dev/null ||
        mount -t tmpfs -o "$options" junction /run/junction ||
        echo "prepare-host.sh: /run/junction is on a disk, and no tmpfs can be mounted there: packets may be late" >&2
fi
