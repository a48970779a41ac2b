#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# jars.sh BUILD: a Kafka broker into BUILD/kafka-jars, once a build directory. It fails where none can be had, and says why.
set -eu
JARS=$1/kafka-jars

without() {
    echo "$*" >&2
    exit 1
}
for tool in java kcat mvn; do command -v $tool >/dev/null || without "$tool is missing"; done
exec 9>"$JARS.lock"
flock 9
[ ! -e "$JARS/.complete" ] || exit 0
mvn -q -B -f "$(dirname "$0")/pom.xml" dependency:copy-dependencies -DoutputDirectory="$JARS" >"$JARS.log" 2>&1 ||
    without "Maven did not bring it: $(grep -m 1 ERROR "$JARS.log")"
touch "$JARS/.complete"
