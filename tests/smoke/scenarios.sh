#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The scenarios of pktgen-scenarios: their scripts use Pktgen's names alone, and come to their end; those whose verdict is exact
# accounting are played with the project's own generator.
# Release build only: it is the scripts that are tried, and the sums.
set -Eeuo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
cd "$(dirname "$0")/../.."
BUILD=$(realpath "${BUILD:?must name the build directory}")
FOLDER=pktgen-scenarios
TMP=$(mktemp -d)
fail() {
    echo "FAIL scenarios: $*"
    cat "$TMP"/*.log 2>/dev/null
    exit 1
}
trap 'fail "line $LINENO: $BASH_COMMAND"' ERR
trap 'jobs -p | xargs -r kill 2>/dev/null; wait; rm -rf "$TMP"' EXIT
# play SCRIPT: to its end, with what only knows names.
play() { SCENARIO_OUT=$TMP/answer.json LUA_PATH="$FOLDER/?.lua;;" timeout 20 lua5.3 tests/scenarios/stub.lua "$1" 2>"$TMP/stub.log"; }

for script in "$FOLDER"/*.lua tests/scenarios/*.lua; do luac5.3 -p "$script"; done
listed=$($FOLDER/run --list | cut -d' ' -f1)
[ "$(wc -w <<<"$listed")" -eq "$(find $FOLDER -name '*.lua' ! -name lib.lua | wc -l)" ] || fail "a script is not in --list, or has no file"
for name in $listed; do
    play "$FOLDER/$name.lua" || fail "$name.lua"
    jq . "$TMP/answer.json" >"$TMP/answer"
done
[ "$($FOLDER/run --explain | grep -c '^Expect: ')" -eq "$(wc -w <<<"$listed")" ] || fail "a script does not say what to expect"

# What is wrong is noticed: a name, a number of arguments, a word, a script that does not end.
refused() {
    printf 'local lib = require("lib")\n%s\n' "$1" >"$TMP/wrong.lua"
    ! play "$TMP/wrong.lua" || fail "played: $1"
    grep -q "$2" "$TMP/stub.log" || fail "$1: expected $2"
}
refused 'pktgen.set_rate("0", 1)' 'set_rate: Pktgen has no such name'
refused 'pktgen.range.size("0", 1)' 'range.size: Pktgen has no such name'
refused 'pktgen.start()' 'start: 0 arguments, Pktgen takes 1'
refused 'pktgen.set("0", "speed", 1)' 'set: does not know speed'
refused 'lib.begin()' 'does not call pktgen.quit'
# not_played WORD ARGUMENT...: what cannot be played is no verdict.
not_played() {
    local status=0
    PKTGEN=/nowhere $FOLDER/run "${@:2}" >"$TMP/without" 2>&1 || status=$?
    [ "$status" -eq 2 ] || fail "run ${*:2}: exit status $status"
    grep -qe "$1" "$TMP/without" || fail "run ${*:2}: $1 is not said"
}
not_played get-pktgen imix --build "$BUILD"
not_played get-pktgen imix --build "$BUILD" --only pktgen
not_played no-such no-such --own
not_played '--cores' imix --own --cores 1,2
not_played '--cores' imix --own --cores 0,0,main
not_played "needs $TMP/junction (make tests)" imix --own --build "$TMP"
not_played '--list' --own

# A run removes what is its own, not another's whose number begins alike.
mkdir -p "$TMP/dpdk/scenario-12" "$TMP/dpdk/scenario-12-own" "$TMP/dpdk/scenario-123" "$TMP/dpdk/scenario-123-peers"
PYTHONPATH=$FOLDER python3 -c 'import junction, pathlib, sys
junction.RUNTIME = pathlib.Path(sys.argv[1])
junction.remove_runtime("scenario-12")' "$TMP/dpdk"
left=$(cd "$TMP/dpdk" && echo *)
[ "$left" = "scenario-123 scenario-123-peers" ] || fail "left of two runs: $left"

# A packet that is nowhere makes the verdict FAIL.
python3 - <<'END'
import sys
sys.path.insert(0, "pktgen-scenarios")
import verdict
port = dict.fromkeys(("rx_packets", "tx_packets"), 5) | dict.fromkeys(("rx_missed", "rx_errors", "rx_nombuf"), 0)
end = {"sent": 5, "received": 5, "missed": 0}
answer = {"steps": [], "totals": [end, end], "extra": {}, "generator": ""}
def words(drops, **changed):
    ports = {"access": port | changed, "network": port}
    return [r["verdict"] for r in verdict.account(verdict.Run(answer, {"ports": ports, "drops": drops}, None, [], False))]
assert words({}) == ["ok"] * 5
assert words({}, rx_packets=4) == ["FAIL", "ok", "FAIL", "ok", "ok"]
assert words({"tx_full": 1}, tx_packets=4) == ["ok", "ok", "ok", "FAIL", "ok"]
assert words({}, rx_packets=4, rx_missed=1) == ["ok", "ok", "FAIL", "ok", "ok"]
assert words({}, tx_packets=4) == ["ok", "ok", "FAIL", "FAIL", "ok"]
END

# Two at a time, each with a Junction of its own, which goes when it is told to: `exec`, so that it is `run` that is told.
CORE=$(((1 + ${SLOT:-0}) % $(nproc))) REST=$((${SLOT:-0} % $(nproc)))
some() { exec $FOLDER/run --own --build "$BUILD" --cores "$CORE,$REST,$REST" --seconds 0.2 --scale 0.2 "${@:2}" --json "$TMP/$1.json" >"$TMP/$1.log" 2>&1; }
some one imix churn asymmetric malformed &
one=$!
some two mirror-one mirror-two redirect syn-flood policy-change &
two=$!
wait "$two" || fail "a verdict"
wait "$one" || fail "a verdict"
played=$(jq -rs '[.[][] | select(.verdict == "ok").scenario] | sort | join(" ")' "$TMP"/{one,two}.json)
[ "$played" = "asymmetric churn imix malformed mirror-one mirror-two policy-change redirect syn-flood" ] || fail "played: $played"
echo "PASS scenarios"
