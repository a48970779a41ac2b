#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A device that cannot be opened: junction run says which and why, and ends with exit status 1, leaving nothing.
. "$(dirname "$0")/_init.sh"
make_network
config "$TMP/junction.json" '.dataplane.ports[1].device = "net_af_xdp1,iface=absent0"'
inside wire "$BUILD/junction" run --instance "$ID" -c "$TMP/junction.json" >"$TMP/junction.out" 2>"$TMP/junction.log" && status=0 || status=$?
expect 1 "$status" "exit status of junction run"
grep -qE 'error .*network0.*absent0' "$TMP/junction.log" || fail "the device is not named"
expect "" "$(ls /run/junction | grep "$ID" || true)" "regions left"
pass
