#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# BUILD=build elastic.sh [COUNT]: documents a second into a real Elasticsearch, by the sink and by curl with the same
# requests, two at a time. They take turns, for a JVM gets faster.
. "$(dirname "$0")/../smoke/_init.sh"
SMOKE=$(realpath "$(dirname "$0")/../smoke")
. "$SMOKE/../elastic/_index.sh"
COUNT=${1:-100000}
namespace wire
start_index elasticsearch
inside wire "$SMOKE/../../deploy/elastic/load" --url "$INDEX_URL" >"$TMP/load.log"

# by_curl INDEX: two of curl, each with half of the requests, over one connection.
by_curl() {
    local requests=("$TMP/$1"/*) number start
    for number in "${!requests[@]}"; do
        printf 'next\nurl = "%s/_bulk"\ndata-binary = "@%s"\noutput = /dev/null\n' "$INDEX_URL" "${requests[number]}" >>"$TMP/$1.$((number % 2))"
        printf 'header = "Content-Type: application/x-ndjson"\nheader = "Content-Encoding: gzip"\n' >>"$TMP/$1.$((number % 2))"
    done
    start=$EPOCHREALTIME
    inside wire curl -sS -K "$TMP/$1.0" &
    inside wire curl -sS -K "$TMP/$1.1"
    wait $!
    jq -nr --arg from "$start" --arg to "$EPOCHREALTIME" --argjson count "$COUNT" \
        '"by curl: \($count / (($to | tonumber) - ($from | tonumber)) | floor) documents a second"'
}
for round in 1 2 3; do
    mkdir "$TMP/curl-$round"
    "$BUILD/tests/bench/bench_sink" files "curl-$round" "$TMP/curl-$round" "$COUNT"
    by_curl "curl-$round"
    inside wire "$BUILD/tests/bench/bench_sink" elasticsearch "sink-$round" "$INDEX_URL" "$COUNT"
    for name in curl sink; do expect "$COUNT" "$(held "$name-$round-*")" "documents by $name"; done
done
stop_index
exit 0
