# SPDX-License-Identifier: BSD-3-Clause
# Sourced by every smoke test. BUILD names the build directory to be tested, SLOT which it is of the tests that run at
# once: 0, 1, ... Each test has three network namespaces of its own,
#     device: eth0 -- access0 :wire: network0 -- eth0 :server
# where Junction's processes live in `wire`; _underlay.sh adds mirroring peers to it. All is removed when the test ends,
# however it ends.
set -Eeuo pipefail
export LC_ALL=C PYTHONDONTWRITEBYTECODE=1
: "${BUILD:?must name the build directory}"
BUILD=$(realpath "$BUILD")
SMOKE=$(dirname "$(realpath "${BASH_SOURCE[0]}")")
export LSAN_OPTIONS=suppressions=$SMOKE/lsan.supp:print_suppressions=0
TEST=$(basename "$0" .sh)
ID=jt$$
CORE=$(((1 + ${SLOT:-0}) % $(nproc))) # of the worker: those that run at once have one each
TMP=$(mktemp -d "/tmp/$ID.XXXXXX")
# Where junction-export writes, as the user that it becomes.
chmod 0711 "$TMP"
WRITTEN=$TMP/export
mkdir "$WRITTEN"
! id -u junction-export >/dev/null 2>&1 || chown junction-export: "$WRITTEN"
DOCUMENTS=$WRITTEN/documents.json
JUNCTION=
WHERE=
NAMESPACES=()
DEVICE=10.128.0.2 SERVER=198.18.0.2 DEVICE6=fd00:0:0:1::2 SERVER6=fd00:0:0:2::2
STREAM="$BUILD/tests/tools/stream --device $ID-device:eth0 --server $ID-server:eth0"
exec {OUT}>&1 # also where a function's output is redirected
exec {TICK}<> <(:) # a pipe in which nothing ever arrives

say() { echo "$TEST: $*" >&$OUT; }

fail() {
    echo "FAIL $TEST: $*" >&$OUT
    touch "$TMP/.told"
    exit 1
}

# where LINE: remember the line of the test itself that failed.
where() {
    local i line=$1
    for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
        [ "${BASH_SOURCE[i]}" != "$0" ] || break
        line=${BASH_LINENO[i]}
    done
    WHERE="line $line: $(sed -n "${line}p" "$0" | sed 's/^ *//')"
}

# wait_for SECONDS COMMAND...: until the command succeeds.
wait_for() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "waited in vain for: $*"
        read -rt 0.05 -u "$TICK" || true
    done
}

# expect WANTED FOUND WHAT
expect() { [ "$1" = "$2" ] || fail "$3: expected $1, found $2"; }

running() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }
gone() { ! running "$1"; }

# enter NAMESPACE COMMAND...: exec in a namespace of this run, with a BPF file system. For the background:
# after `enter ... &`, $! is the command itself.
enter() {
    local name=$1
    shift
    exec {TICK}>&- {OUT}>&-
    exec ip netns exec "$ID-$name" sh -c 'mount -t bpf bpf /sys/fs/bpf && exec "$@"' sh "$@"
}
inside() { (enter "$@"); }

# stop_junction: end `junction run`; anything but exit status 0 fails the test (a sanitizer's report does so).
stop_junction() {
    local pid=$JUNCTION status=0
    [ -n "$pid" ] || return 0
    JUNCTION=
    kill -TERM "$pid" 2>/dev/null || true
    wait_for 30 gone_or_zombie "$pid"
    wait "$pid" || status=$?
    expect 0 "$status" "exit status of junction run"
    ! grep -E 'Sanitizer|runtime error:' "$TMP/junction.log" || fail "a sanitizer reported"
}

gone_or_zombie() { case $(cut -d' ' -f3 "/proc/$1/stat" 2>/dev/null) in '' | Z) ;; *) return 1 ;; esac; }

# end_server PID: a daemon of the test's own.
end_server() {
    kill -TERM "$1"
    wait_for 60 gone_or_zombie "$1"
    wait "$1" || true # a JVM that was told to end says 143
}

ctl() { "$BUILD/junctionctl" --instance "$ID" "$@"; }
# up: all processes, and the policy in force at every worker. What `junction run` has not started yet is no fourth.
up() {
    ctl --json show status 2>/dev/null | jq -e '(.processes | length >= 3 and all(.[]; .state == "up")) and
        (.workers | length > 0) and all(.workers[]; .in_force)' >/dev/null
}
ready() {
    ! gone_or_zombie "$JUNCTION" || fail "junction run ended: $(tail -n 5 "$TMP/junction.log")"
    up
}

# start_junction CONFIG: returns once it is ready.
start_junction() {
    enter wire "$BUILD/junction" run --instance "$ID" -c "$1" >>"$TMP/junction.out" 2>>"$TMP/junction.log" &
    JUNCTION=$!
    wait_for 60 ready
}

# child PROGRAM: the process id of that part of the running `junction run`.
child() { pgrep -P "$JUNCTION" -f "^([^ ]*/)?junction-$1 " || true; }

# config FILE [JQ]: the smallest configuration that the tests share, changed by a jq filter.
config() {
    jq -n --arg id "$ID" --arg documents "$DOCUMENTS" --argjson core "$CORE" '{
        node: $id,
        dataplane: { worker_cores: [$core], hugepages: false, memory_mb: 256, flow_table_entries: 65536,
            ports: [{ name: "access0", device: "net_af_xdp0,iface=access0" },
                    { name: "network0", device: "net_af_xdp1,iface=network0" }],
            wires: [{ name: "wire0", access: "access0", network: "network0" }] },
        inspection: { interval_seconds: 1 },
        sink: { type: "file", file: { path: $documents, max_mb: 1000 } },
        vpgs: [{ id: "vpg-one", name: "one", wire: "wire0", device_subnets: ["10.128.0.0/9", "fd00:0:0:1::/64"] }]
    } | '"${2:-.}" >"$1"
}

# documents [FILTER]: what documents.py finds in the documents written so far, or one value of it.
documents() { "$SMOKE/documents.py" "$DOCUMENTS" | jq -r "${1:-.}"; }

namespace() {
    ip netns add "$ID-$1"
    NAMESPACES+=("$1")
}

# link NAMESPACE INTERFACE: a veth pair from a host's eth0 to Junction's port.
link() {
    local mac=02:00:00:00:01:01 # not those of the stream's packets: the hosts do not answer these
    [ "$1" = device ] || mac=02:00:00:00:01:02
    ip -n "$ID-$1" link add eth0 address $mac type veth peer name "$2" netns "$ID-wire"
    ip -n "$ID-wire" link set "$2" up
    ip -n "$ID-$1" link set lo up
    # TCP keeps less in flight than a port's ring holds: what a stalled machine loses there is not Junction's doing.
    ip netns exec "$ID-$1" sysctl -qw net.ipv4.tcp_rmem='4096 131072 262144' net.ipv4.tcp_wmem='4096 65536 262144'
    ip -n "$ID-$1" link set eth0 up
}

addresses() {
    ip -n "$ID-device" address add "$DEVICE/32" dev eth0
    ip -n "$ID-device" route add 198.18.0.0/15 dev eth0
    ip -n "$ID-server" address add "$SERVER/32" dev eth0
    ip -n "$ID-server" route add 10.128.0.0/9 dev eth0
}
addresses6() {
    ip -n "$ID-device" address add "$DEVICE6/48" dev eth0 nodad
    ip -n "$ID-server" address add "$SERVER6/48" dev eth0 nodad
}

no_ipv6() { ip netns exec "$ID-$1" sh -c 'echo 1 | tee /proc/sys/net/ipv6/conf/*/disable_ipv6 >/dev/null'; }

# make_network: hosts that speak IPv4 and IPv6. make_network silent: IPv4 alone, so that the hosts' kernels send nothing
# by themselves and sums can be exact.
make_network() {
    local name
    for name in device server wire; do namespace "$name"; done
    no_ipv6 wire # the ports' own kernel stack has nothing to say on the wire
    [ "${1:-}" != silent ] || { no_ipv6 device; no_ipv6 server; }
    link device access0
    link server network0
    addresses
    [ "${1:-}" = silent ] || addresses6
}

no_process_left() { [ -z "$(ip netns pids "$ID-$1")" ]; }
end_processes() {
    local pids
    pids=$(ip netns pids "$1" 2>/dev/null) || return 0
    [ -z "$pids" ] || kill "-$2" $pids 2>/dev/null || true
}

clean_up() {
    local status=$? name
    trap - EXIT ERR
    trap '' PIPE # whoever reads the output may be gone
    set +e
    exec >&$OUT
    for name in "${NAMESPACES[@]}"; do end_processes "$ID-$name" TERM; done
    for name in "${NAMESPACES[@]}"; do (wait_for 20 no_process_left "$name" 2>/dev/null) >/dev/null || end_processes "$ID-$name" KILL; done
    for name in "${NAMESPACES[@]}"; do ip netns delete "$ID-$name" 2>/dev/null; done
    if [ "$status" -eq 0 ]; then
        echo "${END:-PASS $TEST}"
    else
        [ -e "$TMP/.told" ] || echo "FAIL $TEST: $WHERE"
        for name in "$TMP"/*.log; do [ ! -s "$name" ] || { echo "--- ${name##*/}"; tail -n 40 "$name"; }; done
    fi
    rm -rf "$TMP" /run/junction/"$ID" /run/junction/"$ID"-* /var/spool/junction/"$ID" /var/spool/junction/"$ID"-* \
        /dev/shm/junction-"$ID"-*
    rmdir /var/spool/junction 2>/dev/null
    exit "$status"
}

# capture NAMESPACE INTERFACE in|out: into $TMP/NAMESPACE-INTERFACE-DIRECTION.pcap, until captured is called.
declare -A CAPTURES
capture() {
    local file=$TMP/$1-$2-$3
    rm -f "$file.pcap" "$file.log" # of an earlier capture: what is waited for is this one's
    enter "$1" tcpdump -n -i "$2" -Q "$3" -B 65536 -s 0 -U -w "$file.pcap" 2>"$file.log" &
    CAPTURES[$file.log]=$!
    wait_for 10 grep -qs listening "$file.log"
}
captured() {
    local log
    for log in "${!CAPTURES[@]}"; do
        kill -TERM "${CAPTURES[$log]}"
        wait "${CAPTURES[$log]}"
        grep -q '^0 packets dropped' "$log" || fail "a capture is not whole"
    done
    CAPTURES=()
}

listening() { [ -n "$(ip netns exec "$ID-$1" ss -Htuln "sport = :$2")" ]; }

# transfer FROM TO ADDRESS PORT FILE: a file over TCP (TO listens), compared at the other end.
transfer() {
    enter "$2" socat -u "TCP6-LISTEN:$4,ipv6only=0" "CREATE:$TMP/received" &
    local pid=$!
    wait_for 10 listening "$2" "$4"
    inside "$1" socat -u "OPEN:$5" "TCP:$3:$4"
    wait "$pid"
    cmp "$5" "$TMP/received"
}

# pass: the last line of every test.
pass() {
    stop_junction
    exit 0
}

trap clean_up EXIT
trap 'where "$LINENO"' ERR
trap 'WHERE=SIGTERM; exit 143' TERM
trap 'WHERE=SIGINT; exit 130' INT
