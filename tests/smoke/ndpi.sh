#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: flows, protocols and names of a replay are those that ndpiReader finds, over captures of at least 100
# of nDPI's dissectors, which are made here, and over those of the tree.
. "$(dirname "$0")/_init.sh"
folder=$SMOKE/../ndpi
if ! grep -q -e '-DJN_NDPI' "$BUILD/build.ninja"; then
    say "built without nDPI"
    pass
fi
"$folder/make_captures.py" "$TMP/made" --check --list --twist 1 >"$TMP/protocols" || fail "$(tail -n 20 "$TMP/protocols")"
[ "$(grep -vc ' ' "$TMP/protocols")" -ge 100 ] || fail "fewer than 100 protocols"
"$folder/compare.py" --quiet "$BUILD" "$TMP"/made/*.pcap "$SMOKE"/../captures/*.pcap* || fail "captures differ"
# That it can fail: without the classifier applications are guessed by port.
"$folder/compare.py" --quiet --guess "$BUILD" "$TMP/made/voice.pcap" >"$TMP/guessed" && fail "nothing differs without the classifier"
pass
