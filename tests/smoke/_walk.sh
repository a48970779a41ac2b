# SPDX-License-Identifier: BSD-3-Clause
# Sourced, after _init.sh, by tests that walk through a document: they run each command that it shows as `host# command`
# (an indented line), in the namespace of that host; `junction` is where Junction lives.

mkdir "$TMP/bin"
printf '#!/bin/sh\nexec "%s" --instance %s "$@"\n' "$BUILD/junctionctl" "$ID" >"$TMP/bin/junctionctl"
chmod +x "$TMP/bin/junctionctl"
PATH=$TMP/bin:$PATH

declare -A PREPARE # what a host does before each command
STEPS=0
# step HOST COMMAND: what only looks (a grep) is tried until it finds. Its output is in $TMP/step.out.
step() {
    local host=$1 command="${PREPARE[$1]:-} $2"
    [ "$host" != junction ] || host=wire
    say "$1# $2"
    attempt() { (cd "$TMP" && inside "$host" bash -o pipefail -c "$command") >"$TMP/step.out" 2>"$TMP/step.log" </dev/null; }
    case $command in
    *grep*) wait_for 60 attempt ;;
    *) attempt || fail "$1# $2: $(tail -n 3 "$TMP/step.log")" ;;
    esac
    STEPS=$((STEPS + 1))
}
