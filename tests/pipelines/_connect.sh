# SPDX-License-Identifier: BSD-3-Clause
# Kafka Connect's own runtime as the command connect-standalone.sh, with the tests' connector in place of the one that the file
# of deploy/pipelines names; sourced after _init.sh.
CONNECT_JARS=$BUILD/connect-jars

# Its jars, and the connector of the tests, once a build directory; the command, in PATH.
fetch_connect() {
    {
        flock 9
        [ -e "$CONNECT_JARS/.complete" ] || {
            mvn -q -B -f "$SMOKE/../pipelines/connect.xml" dependency:copy-dependencies -DoutputDirectory="$CONNECT_JARS/libs" \
                >"$TMP/maven.log" 2>&1 || fail "Maven did not bring Kafka Connect"
            javac -cp "$CONNECT_JARS/libs/*" -d "$CONNECT_JARS" "$SMOKE/../pipelines/BulkSink.java" >"$TMP/javac.log" 2>&1 ||
                fail "BulkSink.java does not compile"
            touch "$CONNECT_JARS/.complete"
        }
    } 9>"$CONNECT_JARS.lock"
    mkdir "$TMP/bin"
    cat >"$TMP/bin/connect-standalone.sh" <<END
#!/bin/sh
sed 's|^offset.storage.file.filename=.*|offset.storage.file.filename=$TMP/connect.offsets|' "\$1" >"$TMP/worker.properties"
sed 's/^connector.class=.*/connector.class=BulkSink/' "\$2" >"$TMP/junction.properties"
exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$CONNECT_JARS:$CONNECT_JARS/libs/*" \
    org.apache.kafka.connect.cli.ConnectStandalone "$TMP/worker.properties" "$TMP/junction.properties"
END
    chmod +x "$TMP/bin/connect-standalone.sh"
    PATH=$TMP/bin:$PATH
}
