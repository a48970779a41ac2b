# SPDX-License-Identifier: BSD-3-Clause
# A real Kafka broker (KRaft, one node) in a network namespace of the test; sourced after _init.sh.
BROKER=
BROKER_PORT=9092 # the namespace is the test's own, so that no port can be taken
BROKER_MORE=     # properties beside those below, which they replace
BROKER_FORMAT=() # options of what formats the storage
JARS=$BUILD/kafka-jars

broker_properties() {
    cat <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$((BROKER_PORT + 1))
listeners=PLAINTEXT://127.0.0.1:$BROKER_PORT,CONTROLLER://127.0.0.1:$((BROKER_PORT + 1))
advertised.listeners=PLAINTEXT://127.0.0.1:$BROKER_PORT
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$TMP/kafka
num.partitions=3
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
$BROKER_MORE
END
}

broker_answers() { inside wire kcat -L -b "127.0.0.1:$BROKER_PORT" -m 2 >/dev/null 2>&1; }

# Data survives a stop_broker and the next start_broker.
start_broker() {
    "$SMOKE/../kafka/jars.sh" "$BUILD" 2>"$TMP/jars.log" || fail "no Kafka: $(cat "$TMP/jars.log")"
    ip -n "$ID-wire" link set lo up
    if [ ! -d "$TMP/kafka" ]; then
        broker_properties >"$TMP/server.properties"
        java -Xshare:auto -cp "$JARS/*" kafka.tools.StorageTool format -t "$(printf %022d $$)" -c "$TMP/server.properties" \
            "${BROKER_FORMAT[@]}" >"$TMP/broker.log" 2>&1 || fail "the broker's storage cannot be formatted"
    fi
    enter wire java -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$JARS/*" kafka.Kafka "$TMP/server.properties" \
        >>"$TMP/broker.log" 2>&1 &
    BROKER=$!
    wait_for 90 broker_answers
}

stop_broker() {
    end_server "$BROKER"
    BROKER=
}

# consume TOPIC [FORMAT]: all that is in it now.
consume() { inside wire kcat -C -q -e -o beginning -b "127.0.0.1:$BROKER_PORT" -t "$1" -f "${2:-%s\n}"; }

# topic create NAME PARTITIONS [KEY=VALUE...], topic delete NAME, topic describe NAME
topic() { inside wire "$BUILD/tests/tools/kafka_topic" "127.0.0.1:$BROKER_PORT" "$@"; }
partitions() { inside wire kcat -L -J -b "127.0.0.1:$BROKER_PORT" -t "$1" | jq '.topics[0].partitions | length'; }
