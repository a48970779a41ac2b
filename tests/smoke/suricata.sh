#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: Suricata is under test there, not memory.
# The walk-through of docs/mirroring.md, command by command: Suricata raises an alert from a mirrored HTTP request.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/_underlay.sh"
. "$SMOKE/_walk.sh"
WALK=$SMOKE/../../docs/mirroring.md
lines() { sed -n "s/^    $1# //p" "$WALK"; }

# Without Debian's package there is nothing to run. Its source is this test's own, not the machine's.
if ! command -v suricata >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    while IFS= read -r command; do
        command=${command//\/etc\/apt\/sources.list.d/$TMP}
        bash -c "${command/#apt-get/apt-get -o Dir::Etc::SourceList=$TMP/backports.list}" >>"$TMP/apt.log" 2>&1 </dev/null || break
    done < <(lines ids | grep -E 'backports|^apt-get')
    if ! command -v suricata >/dev/null; then
        say "skipped: no suricata"
        rm "$TMP/apt.log"
        exit 0
    fi
fi
say "$(suricata -V)"

make_network silent
make_underlay ids
config "$TMP/junction.json" "$TUNNEL"
start_junction "$TMP/junction.json"
mkdir "$TMP/www"
echo "a page" >"$TMP/www/walk-through"
enter server python3 -m http.server -d "$TMP/www" 80 >"$TMP/http.log" 2>&1 &
wait_for 10 listening server 80

PREPARE[ids]='mount -t tmpfs tmpfs /run;' # a host of its own: Suricata leaves a socket there
while IFS= read -r line; do
    case $line in
    *backports* | *apt-get*) continue ;; # done above
    esac
    step "${line%%#*}" "${line#*# }"
    [[ $line != *seen*fast.log ]] || alert=$(cat "$TMP/step.out")
    [[ $line != "device# curl"* ]] || cmp "$TMP/www/walk-through" "$TMP/step.out"
done < <(sed -nE 's/^    ((ids|junction|device)# )/\1/p' "$WALK")
[ "$STEPS" -ge 11 ] || fail "only $STEPS commands in docs/mirroring.md"
say "$alert"
grep -qE "$DEVICE:[0-9]+ -> $SERVER:80" <<<"$alert" || fail "the alert is not about device and server"
expect "$DEVICE $SERVER /walk-through 198.19.0.1" "$(jq -r 'select(.event_type == "alert") |
    "\(.src_ip) \(.dest_ip) \(.http.url) \(.tunnel.src_ip)"' "$TMP/log/eve.json" | sort -u)" "what the alert says"
expect 0 "$(ctl --json show peers | jq '.peers | length')" "peers after the walk-through"
kill -TERM "$(cat "$TMP/log/suricata.pid")"
pass
