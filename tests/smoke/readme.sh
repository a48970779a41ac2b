#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Release build only: the commands are the same.
# Every command that README.md shows is known here and works; the demo runs as a user runs it.
. "$(dirname "$0")/_init.sh"
cd "$SMOKE/../.."
mkdir "$TMP/root"
ln -s "$BUILD" "$TMP/root/build"
ln -s "$PWD/docs" "$PWD/tests" "$TMP/root/"
null_devices() { jq '.dataplane.ports[0].device = "net_null0" | .dataplane.ports[1].device = "net_null1" |
    .dataplane += { hugepages: false, memory_mb: 128, mbufs: 4096, worker_cores: [1] }' docs/examples/minimal.json >"$TMP/minimal.json"; }
null_devices
make_network silent

while IFS= read -r command; do
    command=${command%%#*}
    command=${command%"${command##*[! ]}"}
    case $command in
    "make demo") timeout 200 deploy/demo.sh "$BUILD" >"$TMP/demo.log" 2>&1 || fail "make demo" ;;
    "make demo-elastic") [ "$(grep -c '^demo-elastic:' Makefile)" = 1 ] || fail "no such verb" ;; # demo_elastic.sh
    "make test") [ "$(grep -c '^test:' Makefile)" = 1 ] || fail "no such verb" ;; # this very run
    "build/junction replay "* | "build/junction check "*) (cd "$TMP/root" && $command >"$TMP/out" 2>"$TMP/command.log") || fail "$command" ;;
    "build/junction run "*)
        start_junction "$TMP/minimal.json" ;; # without the NICs that the example names
    "build/junctionctl "*)
        command=${command#build/junctionctl }
        # shellcheck disable=SC2086
        ctl $command >"$TMP/out" || fail "$command"
        [ -s "$TMP/out" ] || fail "$command prints nothing" ;;
    *) fail "README.md shows a command that no test runs: $command" ;;
    esac
done < <(sed -n 's/^    //p' README.md)
[ -n "$JUNCTION" ] || fail "no command was found"
stop_junction
pass
