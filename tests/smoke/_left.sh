# SPDX-License-Identifier: BSD-3-Clause
# What instances of Junction have left on this host. They are named jt and a test's process id, or replay- and that of
# a replay; what somebody else is still there for is no leftover.
left() {
    local what pid
    {
        ls -d /dev/hugepages/junction/* /run/junction/* /run/dpdk/* /sys/fs/bpf/* /dev/shm/junction-* /tmp/jt* || true
        ls -d /run/netns/* /sys/class/net/* || true
        pgrep -a junction || true
    } 2>/dev/null | while read -r what; do
        pid=$(grep -oEm 1 '(jt|replay-)[0-9]+' <<<"$what" | head -n 1) || continue
        pid=${pid##*[!0-9]}
        [ "$pid" != $$ ] && [ -d "/proc/$pid" ] || echo "$what"
    done
}
