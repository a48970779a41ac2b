#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# kafka.sh BUILD [DOCUMENTS [NAME=VALUE...]]: documents a second into a real broker of this machine, by junction-export's parts
# and by librdkafka alone, and into a file. It prints, and writes BUILD/bench-kafka.json; nothing fails by a figure. Where the
# machine does other work, the kernel's groups decide who runs, and nice does nothing: setsid -w bash -c 'echo -10
# >/proc/self/autogroup; exec ...'.
BUILD=$1
shift
set -- "${1:-400000}" "${@:2}"
. "$(dirname "$0")/../smoke/_init.sh"
. "$SMOKE/../kafka/_broker.sh"
namespace wire
BROKER_MORE="num.partitions=6
log.retention.bytes=268435456
log.segment.bytes=134217728
log.retention.check.interval.ms=5000"
start_broker
BENCH_JSON=$BUILD/bench-kafka.json inside wire "$BUILD/tests/bench/bench_kafka" "127.0.0.1:$BROKER_PORT" "$@"
"$BUILD/tests/bench/bench_kafka" file "$TMP/documents.json" "$1"
stop_broker
pass
