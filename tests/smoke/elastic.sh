#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What a real Elasticsearch and a real OpenSearch hold survives their end and their death.
# Release build only: nothing of Junction's runs here.
. "$(dirname "$0")/_init.sh"
. "$SMOKE/../elastic/_index.sh"
namespace wire
for product in elasticsearch opensearch; do
    start_index $product
    expect created "$(ask junction-flow-1/_doc/a -X PUT -d '{ "a": 1 }' | jq -r .result)" "a document"
    kill_index
    start_index
    expect 1 "$(held 'junction-flow-*')" "documents after a death"
    stop_index
done
pass
