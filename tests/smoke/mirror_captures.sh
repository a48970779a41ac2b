#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: replay.sh and the fuzzers run under sanitizers.
# The copies of every capture, by each encapsulation over both families: the frames themselves, and whole to tshark.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
folders=("$SMOKE/../captures")
[ ! -d "$SMOKE/../../../shared/captures" ] || folders+=("$SMOKE/../../../shared/captures")
ethernet=() other=()
while IFS=, read -r file link; do
    case $link in ether) ethernet+=("$file") ;; per-packet) ;; *) other+=("$file") ;; esac # of several link types: replay.sh
done < <(find "${folders[@]}" -name '*.pcap*' | sort | xargs capinfos -TErm)
say "${#ethernet[@]} captures of Ethernet, ${#other[@]} others"
mergecap -a -F nsecpcap -w "$TMP/ethernet.pcap" "${ethernet[@]}"

# copies CAPTURE PEER...: replay it with these peers.
copies() {
    local capture=$1 IFS=,
    shift
    config "$TMP/junction.json" "$TUNNEL | .dataplane.ports[2].mtu = $MTU | .vpgs[0].mirroring.peers = [$*]"
    "$BUILD/junction" replay "$capture" -c "$TMP/junction.json" --write-tunnel "$TMP/tunnel.pcap" >"$TMP/out.json" 2>"$TMP/replay.log" ||
        fail "replay of $capture"
}
# compare CAPTURE ADDRESS ENCAPSULATION OPTION...: what went to one peer. By gre go IP packets alone.
compare() {
    local count=()
    [ "$3" != gre ] || count=(--count "$("$SMOKE/documents.py" "$TMP/out.json" | jq .summary_ip_packets)")
    tcpdump -nr "$TMP/tunnel.pcap" -w "$TMP/peer.pcap" "dst host $2" 2>/dev/null
    "$SMOKE/check_mirror_captures.py" "$1" "$TMP/peer.pcap" "$2" --mtu "$MTU" "${count[@]}" "${@:4}" >"$TMP/found" || fail "copies of $1 to $2"
    say "$3 to $2: $(cat "$TMP/found")"
}
V4=198.19.0.10 V6=fd00:0:0:9::10
peer_of() { echo "{ address: \"$1\", encapsulation: \"$2\", too_long: \"${3:-fragment}\" }"; }

for MTU in 9000 1500; do
    for pair in "gretap gre" "gre gretap" "erspan2 erspan3" "erspan3 erspan2"; do
        copies "$TMP/ethernet.pcap" "$(peer_of $V4 "${pair% *}")" "$(peer_of $V6 "${pair#* }")"
        say "MTU $MTU, $pair"
        compare "$TMP/ethernet.pcap" $V4 "${pair% *}"
        compare "$TMP/ethernet.pcap" $V6 "${pair#* }"
    done
done
say "cut to what the outer headers leave of 1,500"
copies "$TMP/ethernet.pcap" "$(peer_of $V4 gretap cut)" "$(peer_of $V6 erspan3 cut)"
compare "$TMP/ethernet.pcap" $V4 gretap --limit $((1500 - 20 - 4))
compare "$TMP/ethernet.pcap" $V6 erspan3 --limit $((1500 - 40 - 8 - 12))
for file in "${other[@]}"; do # without Ethernet headers there is the IP packet alone to send
    copies "$file" "$(peer_of $V4 gretap)" "$(peer_of $V6 gre)"
    compare "$file" $V4 gretap --count 0
    compare "$file" $V6 gre
done
pass
