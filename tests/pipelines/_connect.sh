# SPDX-License-Identifier: BSD-3-Clause
# Kafka Connect's own runtime, with the files of deploy/pipelines/kafka-connect; sourced after _broker.sh and _index.sh.
CONNECT=
CONNECT_JARS=$BUILD/connect-jars

# Its jars, and the connector of the tests, once a build directory.
fetch_connect() {
    {
        flock 9
        [ ! -e "$CONNECT_JARS/.complete" ] || return 0
        mvn -q -B -f "$SMOKE/../pipelines/connect.xml" dependency:copy-dependencies -DoutputDirectory="$CONNECT_JARS/libs" \
            >"$TMP/maven.log" 2>&1 || fail "Maven did not bring Kafka Connect"
        javac -cp "$CONNECT_JARS/libs/*" -d "$CONNECT_JARS" "$SMOKE/../pipelines/BulkSink.java" >"$TMP/javac.log" 2>&1 ||
            fail "BulkSink.java does not compile"
        touch "$CONNECT_JARS/.complete"
    } 9>"$CONNECT_JARS.lock"
}

# start_connect FOLDER: its worker.properties and junction.properties, with the tests' connector.
start_connect() {
    fetch_connect
    sed -e 's/^connector.class=.*/connector.class=BulkSink/' "$1/junction.properties" >"$TMP/junction.properties"
    sed -e "s|^offset.storage.file.filename=.*|offset.storage.file.filename=$TMP/connect.offsets|" "$1/worker.properties" >"$TMP/worker.properties"
    JUNCTION_BROKERS=127.0.0.1:$BROKER_PORT JUNCTION_INDEX_URL=$INDEX_URL enter wire \
        java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$CONNECT_JARS:$CONNECT_JARS/libs/*" \
        org.apache.kafka.connect.cli.ConnectStandalone "$TMP/worker.properties" "$TMP/junction.properties" >>"$TMP/connect.log" 2>&1 &
    CONNECT=$!
}
