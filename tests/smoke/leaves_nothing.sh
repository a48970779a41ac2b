#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# When Junction has ended nothing of it is left, nor of the tests that ran before this one.
. "$(dirname "$0")/_init.sh"
# Instances are jt and a test's process id, or replay- and that of a replay: of what is named so, what nobody is there
# for any more, but for this test's own. What runs beside this test is its own affair.
dead() {
    local name pid
    grep -oE '(jt|replay-)[0-9]+' | sort -u | while read -r name; do
        pid=${name##*[!0-9]}
        [ "$name" != "$ID" ] && [ -d "/proc/$pid" ] || echo "$name"
    done
}
left() {
    {
        ls -d /dev/hugepages/junction/* /run/junction/* /run/dpdk/* /sys/fs/bpf/* /tmp/jt* 2>/dev/null |
            grep -v "^$TMP\$" || true
        ls /run/netns /sys/class/net | grep -v "^$ID-" || true
        pgrep -a junction | grep -v "^$$ " || true
    } | dead
}

make_network
config "$TMP/junction.json"
start_junction "$TMP/junction.json"
expect 0 "$($STREAM --both --count 1000 | jq .lost)" "packets lost"
stop_junction
expect "" "$(left)" "what is left"
for port in access0 network0; do
    ! ip -n "$ID-wire" -d link show "$port" | grep -q 'prog/xdp' || fail "an XDP program was left on $port"
done
pass
