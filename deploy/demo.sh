#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What Junction does, in a minute: a capture becomes documents; then a device and a server in network namespaces talk
# through Junction (AF_XDP on veth), and junctionctl shows their flows live. demo.sh BUILD
set -Eeuo pipefail
here=$(dirname "$(realpath "$0")")
build=$(realpath "$1")
id=jdemo$$
work=$(mktemp -d)
# junction-export writes there as the user that it becomes.
chmod 0711 "$work"
mkdir "$work/export"
! id -u junction-export >/dev/null 2>&1 || chown junction-export: "$work/export"
junction='' web=''

clean_up() {
    trap - EXIT
    for pid in $junction $web; do kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true; done
    for name in device server wire; do ip netns delete "$id-$name" 2>/dev/null || true; done
    rm -rf "$work"
}
trap clean_up EXIT
title() { printf '\n== %s\n' "$*"; }
host() { ip netns exec "$id-$1" "${@:2}"; }

# host_link NAME ADDRESS PORT: a host, and the port of Junction at the other end of its cable.
host_link() {
    ip -n "$id-$1" link add eth0 type veth peer name "$3" netns "$id-wire"
    ip -n "$id-$1" address add "$2" dev eth0
    ip -n "$id-$1" link set eth0 up
    ip -n "$id-wire" link set "$3" up
}

title "A capture becomes documents: junction replay tests/captures/conversations.pcap"
"$build/junction" replay "$here/../tests/captures/conversations.pcap" --device-subnet 10.128.0.0/9 2>"$work/replay.log" >"$work/replay.json"
jq -c 'select(.event.dataset == "junction.summary")' "$work/replay.json" | cut -c1-400
jq -c 'select(.event.dataset? == "junction.flow") | {source: .source.ip, destination: .destination.ip, network: .network.transport,
    packets: .network.packets, bytes: .network.bytes, community_id: .network.community_id}' "$work/replay.json" | sed -n '1,5p'

title "A device and a server, and Junction as the wire between them"
for name in device server wire; do ip netns add "$id-$name"; done
host_link device 10.128.0.2/8 access0
host_link server 10.129.0.2/8 network0
cat >"$work/junction.json" <<JSON
{
  "node": "demo",
  "dataplane": {
    "hugepages": false, "memory_mb": 256,
    "ports": [
      { "name": "access0", "device": "net_af_xdp0,iface=access0" },
      { "name": "network0", "device": "net_af_xdp1,iface=network0" }
    ],
    "wires": [ { "name": "wire0", "access": "access0", "network": "network0" } ]
  },
  "inspection": { "interval_seconds": 2 },
  "sink": { "type": "file", "file": { "path": "$work/export/documents.json" } },
  "vpgs": [ { "id": "demo", "device_subnets": [ "10.128.0.0/16" ] } ]
}
JSON
(exec ip netns exec "$id-wire" sh -c 'mount -t bpf bpf /sys/fs/bpf && exec "$@"' sh "$build/junction" run --instance "$id" -c "$work/junction.json") >"$work/junction.log" 2>&1 &
junction=$!
ctl() { "$build/junctionctl" --instance "$id" "$@"; }
ready() {
    ctl --json show status 2>/dev/null | jq -e '(.processes[0].state == "up") and (.workers | length > 0) and
        all(.workers[]; .in_force)' >/dev/null
}
until ready; do
    kill -0 "$junction" 2>/dev/null || { cat "$work/junction.log"; exit 1; }
    read -rt 0.1 <> <(:) || true
done
mkdir "$work/www" && head -c 1000000 /dev/urandom >"$work/www/file"
(exec ip netns exec "$id-server" python3 -m http.server --directory "$work/www" 80) >/dev/null 2>&1 &
web=$!
host device ping -q -c 3 -i 0.2 10.129.0.2
until host device python3 -c 'import urllib.request; print("fetched", len(urllib.request.urlopen("http://10.129.0.2/file", timeout=5).read()), "bytes over HTTP")' 2>/dev/null; do
    read -rt 0.1 <> <(:) || true
done

title "junctionctl show flows"
ctl show flows
title "junctionctl show ports"
ctl show ports
title "Documents, as they came out meanwhile"
until grep -q junction.summary "$work/export/documents.json" 2>/dev/null; do read -rt 0.1 <> <(:) || true; done
sed -n 1,3p "$work/export/documents.json" | cut -c1-700
kill -TERM "$junction" && wait "$junction" && junction=''
title "Junction stopped; everything is cleaned up"
