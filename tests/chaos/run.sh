#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# run.sh BUILD [OPTION...]: chaos between real programs. Makes the namespaces, starts a Kafka broker and an Elasticsearch, and
# leaves the rest to chaos.py, whose options are handed on (--help). BUILD is a release build: two JVMs run beside it.
BUILD=${1:?expected the build directory}
shift
. "$(dirname "$0")/../smoke/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
[ ! -e "$SMOKE/../elastic/_index.sh" ] || . "$SMOKE/../elastic/_index.sh"

# As many at once as there are rooms for: only the start is loud enough to disturb others.
make_network silent
start_broker
SERVERS=broker=$BROKER
if [ -n "${INDEX_PORT:-}" ]; then
    start_index elasticsearch
    SERVERS+=,index=$INDEX
fi
config "$TMP/base.json" '.dataplane.record_ring_entries = 262144 | .inspection.idle_timeout_seconds = 5 | .inspection.top_flows = 5'
status=0
inside wire /usr/bin/env python3 "$SMOKE/../chaos/chaos.py" --build "$BUILD" --instance "$ID" --directory "$TMP" \
    --written "$WRITTEN" --servers "$SERVERS" "$@" || status=$?
[ $status -eq 0 ] || fail "see above"
pass
