#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# agent.sh FOLDER MODULES: process 1 of the server that operations.py boots, in place of systemd, whose part it does: file systems,
# drivers of the hardware that is there, the management interface. Then a shell for whoever connects.
folder=$1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C
mount -t tmpfs -o mode=0755 run /run
mkdir -p /run/lock /dev/pts /dev/shm /dev/hugepages
mount -t devpts devpts /dev/pts
mount -t tmpfs shm /dev/shm
mount -t hugetlbfs huge /dev/hugepages
mount -t cgroup2 cgroup /sys/fs/cgroup
mount -t bpf bpf /sys/fs/bpf
[ -L /etc/mtab ] || ln -sf /proc/self/mounts /etc/mtab
mkdir -p /lib/modules
mount -t 9p -o trans=virtio,version=9p2000.L,ro,cache=loose,msize=512000 modules /lib/modules
hostname server
ulimit -c 0
modprobe virtio_net # as udev does
ip link set lo up
until own=$(ls /sys/bus/pci/devices/0000:00:10.0/virtio*/net 2>/dev/null) && [ -n "$own" ]; do sleep 0.1; done
ip address add 10.0.2.15/24 dev "$own"
ip link set "$own" up
ip route add default via 10.0.2.2
serve() {
    while :; do
        socat -t 100000 TCP-LISTEN:7000,reuseaddr,fork,backlog=64 EXEC:"/bin/bash $folder/guest.sh" 2>/dev/console
    done
}
serve &
until (exec 3<>/dev/tcp/127.0.0.1/7000) 2>/dev/null; do sleep 0.1; done
echo "nic-vm: ready" >/dev/console
while :; do wait; done
