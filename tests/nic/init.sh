#!/bin/busybox sh
# SPDX-License-Identifier: BSD-3-Clause
# The initrd's init: the host's root, read-only by 9p, becomes this machine's under an overlay in memory.
fail() { echo "nic-vm: $*" >/dev/console; /bin/busybox poweroff -f; }
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
while read -r module; do insmod "/modules/$module"; done </modules/order
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 host /lower || fail "no root by 9p"
mount -t tmpfs -o size=75% upper /upper
mkdir /upper/files /upper/work
mount -t overlay -o lowerdir=/lower,upperdir=/upper/files,workdir=/upper/work overlay /root || fail "no overlay"
for name in proc sys dev; do mkdir -p /root/$name && mount --move /$name /root/$name; done
value() { sed -n "s/.*nic\.$1=\([^ ]*\).*/\1/p" /root/proc/cmdline; }
folder=$(value folder) image=$(value image)
exec switch_root /root /bin/bash "$folder/agent.sh" "$folder" "$image"
