# SPDX-License-Identifier: BSD-3-Clause
# A real Elasticsearch 7.10.2, or a real OpenSearch 2.19.1, of one node, in a network namespace of the test; sourced after
# _init.sh. One runs at a time; INDEX is its process, to be frozen or killed.
ELASTIC=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
INDEX=
INDEX_PORT=9200      # the namespace is the test's own, so that no port can be taken
INDEX_NAMESPACE=wire # where it listens, on loopback
INDEX_URL=http://127.0.0.1:$INDEX_PORT
INDEX_PRODUCT=
declare -A INDEX_MAIN=([elasticsearch]=Elasticsearch [opensearch]=OpenSearch)

# fetch_index PRODUCT: its jars, and the program that runs it, once a build directory.
fetch_index() {
    local folder=$BUILD/$1-jars
    {
        flock 9
        [ ! -e "$folder/.complete" ] || return 0
        mvn -q -B -f "$ELASTIC/$1.xml" dependency:copy-dependencies -DoutputDirectory="$folder/libs" >"$TMP/maven.log" 2>&1 ||
            fail "Maven did not bring $1"
        javac -cp "$folder/libs/*" -d "$folder" "$ELASTIC/${INDEX_MAIN[$1]}.java" >"$TMP/javac.log" 2>&1 ||
            fail "${INDEX_MAIN[$1]}.java does not compile"
        touch "$folder/.complete"
    } 9>"$folder.lock"
}

# ask PATH [CURL_OPTION...]: what the index answers, also if it is an error.
ask() { inside "$INDEX_NAMESPACE" curl -sS -m 30 -H 'Content-Type: application/json' "$INDEX_URL/$1" "${@:2}"; }

# index_answers: and has all that it had before it was stopped or killed.
index_answers() {
    ! gone_or_zombie "$INDEX" || fail "the index ended: $(tail -n 5 "$TMP/index.log")"
    ask '_cluster/health?wait_for_status=yellow&timeout=1s' 2>/dev/null | jq -e '.timed_out == false' >/dev/null 2>&1
}

# start_index [elasticsearch|opensearch]: returns once it serves. Without a name: that of before. What it holds survives
# stop_index, or its death, and the next start_index.
start_index() {
    INDEX_PRODUCT=${1:-$INDEX_PRODUCT}
    local folder=$BUILD/$INDEX_PRODUCT-jars
    fetch_index "$INDEX_PRODUCT"
    ip -n "$ID-$INDEX_NAMESPACE" link set lo up
    enter "$INDEX_NAMESPACE" java -Djava.security.manager=allow -Xmx512m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 \
        -cp "$folder:$folder/libs/*" "${INDEX_MAIN[$INDEX_PRODUCT]}" "$TMP/$INDEX_PRODUCT" "$INDEX_PORT" >>"$TMP/index.log" 2>&1 &
    INDEX=$!
    wait_for 120 index_answers
}

stop_index() {
    end_server "$INDEX"
    INDEX=
}

kill_index() {
    kill -KILL "$INDEX"
    wait "$INDEX" 2>/dev/null || true
    INDEX=
}

# held PATTERN: how many documents the indices of that name hold, all that was sent until now among them.
held() {
    ask "$1/_refresh" -X POST >/dev/null
    ask "$1/_count" | jq '.count // 0'
}
