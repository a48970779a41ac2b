#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh BUILD [OPTION...]: chaos between real programs. Makes the namespaces, starts a Kafka broker and an Elasticsearch, and
# leaves the rest to chaos.py, whose options are handed on (--help). BUILD is a release build: two JVMs run beside it.
BUILD=${1:?expected the build directory}
shift
. "$(dirname "$0")/../smoke/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
. "$SMOKE/../elastic/_index.sh"

make_network silent
start_broker
start_index elasticsearch
# Where a sink can neither send nor spool, the others wait for it for six intervals: longer than any of these faults.
config "$TMP/base.json" '.dataplane.record_ring_entries = 32768 | .inspection.idle_timeout_seconds = 5 | .inspection.top_flows = 5 |
    .inspection.interval_seconds = 3'
status=0
inside wire /usr/bin/env python3 "$SMOKE/../chaos/chaos.py" --build "$BUILD" --instance "$ID" --directory "$TMP" \
    --written "$WRITTEN" --servers "broker=$BROKER,index=$INDEX" "$@" || status=$?
[ $status -eq 0 ] || fail "see above"
pass
