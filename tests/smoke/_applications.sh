# SPDX-License-Identifier: BSD-3-Clause
# Sourced, after _init.sh, by tests with applications: what talks between device and server, and what becomes of it. A
# conversation has a name, the word after its kind.
declare -A SAY

# serve KIND PORT: on the server.
serve() {
    enter server "$SMOKE/talk.py" serve "$@" >"$TMP/serve-$1.out" 2>"$TMP/serve-$1.log" &
    wait_for 10 listening server "$2"
}
ask() { inside device "$SMOKE/talk.py" ask "$1" "$SERVER" "${@:2}"; }

# serve_tls PORT
serve_tls() {
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=www.example.org -keyout "$TMP/key.pem" -out "$TMP/cert.pem" 2>/dev/null
    cat "$TMP/key.pem" "$TMP/cert.pem" >"$TMP/both.pem"
    serve tls "$1" "$TMP/both.pem"
}

# start NAME COMMAND...: on the device, with its lines from `tell`.
start() {
    mkfifo "$TMP/$1.in"
    enter device "${@:2}" <>"$TMP/$1.in" >"$TMP/$1.out" 2>"$TMP/$1.log" &
    local lines
    exec {lines}>"$TMP/$1.in"
    SAY[$1]=$lines
}
tell() { echo "$2" >&"${SAY[$1]}"; }

# tls NAME PORT SERVER_NAME [SERVER_PORT]: a connection from that port.
tls() {
    local name=()
    [ -z "$3" ] || name=(-servername "$3")
    start "$1" openssl s_client -quiet -bind "$DEVICE:$2" -connect "$SERVER:${4:-443}" "${name[@]}"
}
# said NAME FIRST LAST: lines with these numbers, one after the other, each of which comes back.
said() {
    local i
    for ((i = $2; i <= $3; i++)); do
        tell "$1" "line $i."
        wait_for 20 grep -q "^line $i\.$" "$TMP/$1.out"
    done
}

# flow PORT FILTER: of the device's flow from that port.
flow() { ctl --json show flows --limit 0 | jq -r --argjson port "$1" "first(.flows[] | select(.device_port == \$port)) | $2"; }
flow_is() { [ "$(flow "$1" "$2" 2>/dev/null)" = "$3" ]; }
is_dropped() { flow_is "$1" '.verdict | index("drop") != null' true; }
application_is() { flow_is "$1" '"\(.application) \(.application_known)"' "$2 decided"; }

discarded() { ctl --json show vpgs | jq '.vpgs[0].counters.discarded_packets'; }
discards_beyond() { [ "$(discarded)" -gt "$1" ]; }

# reported PORT FILTER: of the flow documents of the device's flow from that port, together.
reported() {
    jq -s -r --argjson port "$1" '[.[] | select(.source.port? == $port and .event.dataset == "junction.flow")] | '"$2" "$DOCUMENTS"
}
