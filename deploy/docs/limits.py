# SPDX-License-Identifier: BSD-3-Clause
"""What docs/limits.md says in numbers, worked out from the source: generate.py writes the tables, and a check fails when a
number, or a constant's name, is no longer what it was.

In a text, {EXPRESSION} is a number: of constants of the source, by name, or `file.NAME` where a name stands in several
files; of sizeof.STRUCT; of key.PATH, the highest value of a configuration key, and default.PATH."""
import re

# By table: what, how many there can be, the memory that each takes.
TABLES = {
    "configuration": [
        ("workers", "{JN_MAX_WORKERS}", "{sizeof.jn_worker_counters} bytes, and what the tables below say of a worker"),
        ("ports", "{JN_MAX_PORTS}", "packet buffers, as many as there are places for its frames ([below](#packet-buffers)) or `dataplane.mbufs`, of {JN_BUFFER_HEADROOM + JN_BUFFER_ROOM} bytes or as long as its MTU; a queue for each worker"),
        ("wires", "{JN_MAX_PORTS / 2}: two ports each", "{sizeof.jn_vlan_vpg * ruleset.TAGS} bytes, once it has a VPG"),
        ("VPGs", "`dataplane.max_vpgs`, up to {JN_MAX_VPGS} ({default.dataplane.max_vpgs} without it)",
         "up to the highest VPG index that was in use: {sizeof.jn_vpg_counters + sizeof.jn_gate_counters + JN_VPG_PEERS * sizeof.jn_peer_counters} bytes of counters a worker, and {sizeof.jn_gate_state} bytes of its gate"),
        ("`vpgs[].device_subnets`", "{JN_MAX_VPG_SUBNETS} a VPG", "{sizeof.jn_prefix} bytes"),
        ("`vpgs[].devices`", "{JN_MAX_VPG_DEVICES} a VPG", "{sizeof.jn_device} bytes and their names"),
        ("rules", "{JN_MAX_RULES} of all VPGs together, each port list expanded", "{sizeof.jn_rule} bytes; for a VPG of more than 8 rules, sets of rules: 34 MB at most for all"),
        ("ports or ranges in a rule", "{JN_MAX_RULE_PORTS} a list", "a rule each"),
        ("names in a rule's `application`, `category`, `server_name`, `risk`", "{JN_MAX_RULE_NAMES} a list", "{sizeof.jn_application_match} bytes a rule with any of them"),
        ("server names", "{JN_MAX_SERVER_NAMES} of all rules together", "{sizeof.jn_server_name} bytes and the name"),
        ("a policy", "{JN_POLICY_SLOT_BYTES} bytes", "twice that is reserved; only what is used is there"),
        ("mirroring peers", "{JN_VPG_PEERS} a VPG", "{sizeof.jn_mirror_state} bytes a worker"),
        ("peers of a gate", "{JN_GATE_PEERS} a VPG", "{sizeof.jn_vnet_tunnel} bytes"),
        ("`addresses` of the underlay", "{key.dataplane.ports[].addresses} a port, {JN_MAX_ADDRESSES} together", "{sizeof.jn_underlay_address} bytes"),
        ("`routes` of the underlay", "{key.dataplane.ports[].routes} a port, {JN_MAX_ROUTES} together", "{sizeof.jn_route} bytes"),
        ("next hops of the underlay", "{JN_MAX_NEIGHBOURS}", "{sizeof.jn_neighbour} bytes, always there"),
        ("sinks", "{JN_MAX_SINKS}", ""),
        ("`properties` of a sink", "{JN_MAX_PROPERTIES} of {PROPERTY_BYTES} bytes", ""),
        ("`elasticsearch.urls`, `http.headers` of a sink", "{JN_MAX_SINK_URLS}, {JN_MAX_SINK_HEADERS}", ""),
        ("a secret", "{SECRET_FILE_MAX} bytes in a file, {JN_SECRET_MAX} in the configuration", ""),
        ("variables with secrets", "{VARIABLES_MAX}", ""),
        ("name of a port or wire", "{JN_NAME_MAX - 1} bytes", ""),
        ("`--instance`", "{JN_INSTANCE_MAX - 1} bytes", ""),
        ("`vpgs[].id`", "{JN_VPG_ID_MAX - 1} bytes", ""),
        ("other names, descriptions", "as [configuration](configuration.md) says at each key", ""),
        ("NICs of one `junction nic`, and lines of `/etc/junction/nic-bindings`", "{NIC_SET_MAX}", ""),
        ("the file", "{JN_CONFIG_MAX_BYTES} bytes", ""),
        ("errors of a file", "{MAX_ERRORS}", ""),
    ],
    "traffic": [
        ("flows", "`dataplane.flow_table_entries` ({default.dataplane.flow_table_entries}, up to {key.dataplane.flow_table_entries}) of all workers together",
         "{sizeof.jn_flow_entry} bytes and {(sizeof.jn_flow_bucket * 2 + JN_FLOWS_A_COUPLE - 1) / JN_FLOWS_A_COUPLE} of buckets; {JN_VPG_PEERS * 4 + sizeof.jn_flow_through} beside them, for copies and redirection"),
        ("TCP flows that linger", "as many as flows", "{sizeof.jn_tcp_lingering} bytes, always there"),
        ("flows that a worker closes at an interval's end", "{JN_FLOWS_A_ROUND} a round", ""),
        ("fragmented datagrams", "{FRAGMENT_BUCKETS * JN_FRAGMENT_WAYS} a worker", "{sizeof.jn_fragment} bytes, always there"),
        ("records", "`dataplane.record_ring_entries` ({default.dataplane.record_ring_entries}, up to {key.dataplane.record_ring_entries}) a worker", "{sizeof.jn_record} bytes, always there"),
        ("packets on their way to `junction-classify`", "`classifier.ring_entries` ({default.classifier.ring_entries}, up to {key.classifier.ring_entries}) a worker; {JN_SAMPLES_A_FLOW} a flow, {JN_SAMPLE_BYTES} bytes of each", "{sizeof.jn_sample} bytes, always there"),
        ("what is known of a flow's application", "as many as flows, with a classifier", "{sizeof.jn_flow_application} bytes, always there"),
        ("server names that rules ask for", "{JN_SERVER_NAMES} a worker, with a classifier", "{sizeof.jn_server_name_kept} bytes, always there"),
        ("answers of `junction-classify`", "{JN_ANSWERS} a worker; {ANSWERS_A_ROUND} a round", "{sizeof.jn_answer} bytes, always there"),
        ("VLAN tags, MPLS labels", "{MAX_TAGS}, {MAX_LABELS} a packet", ""),
        ("IPv6 extension headers", "65,535 bytes a packet", ""),
        ("packets on their way to their flow's worker, copies on theirs to a transmit queue's", "{JN_HANDOVER_RING} of each pair of workers", "8 bytes"),
        ("frames on their way to the worker of a transmit queue", "{JN_TX_RING} of each pair of workers and port", "8 bytes"),
        ("frames that wait for a transmit queue", "{JN_TX_BACKLOG} a worker and port", "8 bytes"),
        ("descriptors of a queue", "{JN_RX_DESCRIPTORS} to receive, {JN_TX_DESCRIPTORS} to send, or as many as the device has", ""),
        ("pools of packet buffers that a device's earlier lives have left", "{JN_KEPT_POOLS} over all ports", "as many buffers as the port has"),
        ("copies", "as many as there are places for them, or half of `dataplane.mbufs`, of all workers together", "a buffer for the longest frame of any port"),
        ("copies that wait for a next hop", "{JN_HOLD_QUEUE_MAX} a peer and worker, {JN_HOLD_NS / 1000000000} s", "a copy's buffer"),
        ("frames of Junction's own", "{OWN_WAITING} beside those that transmit queues keep, of all workers together", "as of a copy"),
        ("answers and requests of Junction's own that wait for a transmit queue", "{JN_TX_ASIDE} of each a worker and port", "8 bytes"),
    ],
    "gates": [
        ("devices whose Ethernet header is known", "`dataplane.vpg_devices` ({default.dataplane.vpg_devices}, up to {key.dataplane.vpg_devices}) a VPG with a gate", "{sizeof.l2_entry} bytes, with the gate"),
        ("hosts whose address workers ask for", "1 a gate at a time", "{sizeof.jn_resolution} bytes, always there"),
        ("hosts that were learned", "{JN_GATE_HOSTS - JN_GATE_NAMED} a gate", "{sizeof.jn_gate_host} bytes, with the gate"),
        ("outer packets in fragments", "{reassembly.PACKETS} a worker, {WAIT_MS} ms", "their buffers"),
        ("fragments of a packet", "{MOST_FRAGMENTS}", "a buffer"),
        ("answers to packets too long", "{redirect_send.ANSWERS_A_SECOND} a second, a VPG and worker; {redirect_send.ANSWERS_AT_ONCE} at once; {ANSWERS_TO_ONE} to one sender", "a buffer"),
        ("answers to ARP, neighbour discovery, echo", "{underlay_frame.ANSWERS_A_SECOND} a second, a source and kind; of a gate {GATE_ANSWERS_A_SECOND}", "a buffer"),
        ("ICMP errors of the underlay that are looked at", "{ERRORS_A_SECOND} a second, {ERRORS_AT_ONCE} at once", ""),
        ("moves of the gateway's address", "{MOST_MOVES} in 10 s", ""),
        ("answers until a gateway is up that comes and goes", "{MOST_ANSWERS}", ""),
    ],
    "documents": [
        ("flows that summaries know one by one", "{STATE_FLOWS} an interval, fewer where `/run/junction` lacks the room", "{sizeof.state_flow + 16} bytes, once there"),
        ("VPGs in an interval", "{JN_MAX_VPGS}", "{sizeof.state_vpg} bytes, once there"),
        ("open intervals", "{STATE_INTERVALS}", ""),
        ("applications", "{JN_APPLICATION_NUMBERS}", "{sizeof.state_sum} bytes of a VPG and interval, for pages of those that it has"),
        ("starts of the dataplane that are told apart", "{STATE_BOOTS}", ""),
        ("`inspection.top_flows`", "{JN_MAX_TOP_FLOWS}", ""),
        ("bytes of a flow document", "{FLOW_DOCUMENT_MAX}: no more are ever written", ""),
        ("flows whose texts are held", "{JN_ANNOTATED_FLOWS}, in sets of {JN_ANNOTATED_WAYS}", "{sizeof.jn_annotated_flow} bytes, as they come; not given back"),
        ("texts of a flow", "{JN_ANNOTATED_BYTES} bytes; each as [documents](documents.md#texts) say", ""),
        ("texts that are taken at a time", "{ANNOTATIONS_STEP}, of all threads of `junction-classify` together", ""),
        ("text in a document", "{TEXT_STRING_MAX} bytes", ""),
        ("status documents of an interval, and the counters that they go on from", "{STATUS_ROOM} bytes", "twice that is reserved; only what is used is there"),
    ],
    "control": [
        ("clients of the socket", "{MAX_CLIENTS} at a time", ""),
        ("a request", "{REQUEST_MAX_BYTES} bytes, within {HALF_REQUEST_S} s", ""),
        ("answers that a client does not take", "{MAX_PENDING_BYTES} bytes", ""),
        ("a line of the log", "{LINE_MAX_BYTES} bytes", ""),
        ("`--device-subnet` of a replay", "{MAX_SUBNETS}", ""),
    ],
}

# Constants JN_MAX_... that no row has: ranges of a value, which docs/configuration.md has, and what follows from others.
NO_ROW = {"JN_MAX_SESSION", "JN_MAX_SNAP_LENGTH", "JN_MAX_SAMPLE", "JN_MAX_RATE_MBPS", "JN_MAX_VNI", "JN_MAX_WIRES", "JN_MAX_PEERS",
          "JN_MAX_GATE_PEERS", "JN_MAX_PARAMETERS"}

ENUM = re.compile(r"\benum(?: \w+)? \{(.*?)\}", re.DOTALL)
ASSERTED = re.compile(r"_Static_assert\(sizeof\(struct (\w+)\) == (\d+)")
COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/")


def plain(expression):
    """A C expression as one of Python."""
    expression = COMMENT.sub("", expression)
    expression = re.sub(r"\bUINT(?:32|64)_C\((\w+)\)", r"\1", expression)
    return re.sub(r"\b(0x[0-9a-fA-F]+|\d+)[uUlL]+\b", r"\1", expression).strip()


def constants_of(text):
    for name, value in re.findall(r"^#define (\w+)[ \t]+(.+)$", text, re.MULTILINE):
        yield name, plain(value)
    for body in ENUM.findall(COMMENT.sub("", text)):
        before = "-1"
        for item in filter(None, (part.strip() for part in body.split(","))):
            name, _, value = item.partition("=")
            before = plain(value) if value else f"({before}) + 1"
            yield name.strip(), before


class Limits:
    def __init__(self, root, sizes, keys):
        """sizes: of structs, as the compiler has them; keys: path to (highest value, default). errors: what is not in the
        source as it is here."""
        self.sizes, self.keys, self.constants, self.errors = dict(sizes), keys, {}, []
        for folder in ("lib", "dataplane", "control"):
            for path in sorted((root / folder).rglob("*.[ch]")):
                text = path.read_text()
                for name, value in constants_of(text):
                    self.constants.setdefault(name, {})[path.stem] = value
                self.sizes.update((name, int(size)) for name, size in ASSERTED.findall(text))
        missing = {name for name in self.constants if name.startswith("JN_MAX_")} - NO_ROW - set(re.findall(r"\w+", str(TABLES)))
        self.errors += [f"no row has {name}" for name in sorted(missing)]

    def constant(self, name, stem=None):
        found = self.constants.get(name, {})
        values = {found[stem]} if stem in found else set(found.values()) if stem is None else set()
        if len(values) != 1:
            which = f"{stem}.{name}" if stem else name
            raise LookupError(f"{len(values)} constants of the source are {which}")
        return self.value(values.pop())

    def value(self, expression):
        def key(found):
            if found[2] not in self.keys:
                raise LookupError(f"no key is {found[2]}")
            return str(self.keys[found[2]][found[1] == "default"])

        def word(found):
            if found[1] == "sizeof" and found[2] not in self.sizes:
                raise LookupError(f"the size of {found[2]} is not known")
            if found[1] == "sizeof":
                return str(self.sizes[found[2]])
            return str(self.constant(found[2] or found[1], found[2] and found[1]))

        expression = re.sub(r"\b(key|default)\.([\w.\[\]]+)", key, expression)
        expression = re.sub(r"\b([A-Za-z_]\w*)(?:\.(\w+))?", word, expression)
        return eval(expression.replace("/", "//"), {"__builtins__": {}})  # numbers and operators alone are left

    def text(self, text):
        def number(found):
            try:
                return f"{self.value(found[1]):,}"
            except LookupError as error:
                self.errors.append(str(error))
                return "?"

        return re.sub(r"\{([^}]*)\}", number, text)

    def rows(self, table):
        return [[what, self.text(limit), self.text(memory)] for what, limit, memory in TABLES[table]]
