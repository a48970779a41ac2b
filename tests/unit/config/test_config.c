// SPDX-License-Identifier: BSD-3-Clause
// Configuration texts in, exact sentences or values out.
#include "config/config_load.h"
#include "config_errors.h"
#include "test.h"

#define RULE(text)    VPGS("{'id':'v','rules':[\n" text "]}")
#define MATCH(text)   RULE("{'match':{" text "}}")
#define SUBNETS(text) VPGS("{'id':'v','device_subnets':[" text "]}")
#define DEVICES(text) VPGS("{'id':'v','device_subnets':['10.128.0.0/9'],'devices':[\n" text "]}")
#define WIRES(text)   PORTS("'ports':[{'name':'a0','device':'d0'},{'name':'n0','device':'d1'}],\n'wires':[" text "]")
#define ALL_PORTS                                                                                                      \
    "'ports':[{'name':'a0','device':'d0'},{'name':'n0','device':'d1'}],"                                               \
    "'wires':[{'name':'w','access':'a0','network':'n0'}]"
#define TEN(text)     text text text text text text text text text text
#define HUNDRED(text) TEN(TEN(text))

#define RANGE "expected a port from 0 to 65535, or a range such as \"8000-8080\", found"

static const struct error not_json[] = {
    {"", "file.json: empty, expected a JSON object"},
    {" \n\t", "file.json: empty, expected a JSON object"},
    {"{", "file.json: string or '}' expected near end of file (line 1)"},
    {"{\n'a': 1,\n}", "file.json: string or '}' expected near '}' (line 3)"},
    {"{'vpgs':[]\n} x", "file.json: end of file expected near 'x' (line 2)"},
    {"5", "file.json: '[' or '{' expected near '5' (line 1)"},
    {"[]", "file.json: expected an object, found an array (line 1)"},
    {"{'node':'a',\n'node':'b'}", "file.json: duplicate object key near ''node'' (line 2)"},
    {"{'node':'a\\u0000b'}", "file.json: \\u0000 in a string is not allowed (line 1)"},
    {"{'node':'a\nb'}", "file.json: unexpected newline (line 1)"},
    {"{'node':'\xff'}", "file.json: unable to decode byte 0xff near ''' (line 1)"},
    {"{'node':\x7f}", "file.json: invalid token near '?' (line 1)"},
    {"{'memory_mb':99999999999999999999}", "file.json: too big integer (line 1)"},
};

static const struct error shapes[] = {
    {"{}", "dataplane: missing (line 1)"},
    {"{'dataplane':{}}", "dataplane.ports: missing (line 1)\ndataplane.wires: missing (line 1)"},
    {"{'dataplane':5}", "dataplane: expected an object, found 5 (line 1)"},
    {TOP("'nod':'edge-1'"), "file.json: unknown key \"nod\"; did you mean \"node\"? (line 2)"},
    {TOP("'inspection':{'interval':1}"), "inspection: unknown key \"interval\" (line 2)"},
    {TOP("'zzzzzz':1"), "file.json: unknown key \"zzzzzz\" (line 2)"},
    {TOP("'a\\u0001\\u00e4\\u007f':1"), "file.json: unknown key \"a\\u0001\\u00E4?\" (line 2)"},
    {TOP("'no\\u0064es':1"), "file.json: unknown key \"nodes\"; did you mean \"node\"? (line 2)"},
    {TOP("'" HUNDRED("x") "':1"),
     "file.json: unknown key \"" TEN("xxxxxx") "xxxxxxx... (line 2)"}, // cut, and too long to be meant for anything
    {TOP("'node':''"), "node: expected text of 1 to 63 bytes, no control characters, found \"\" (line 2)"},
    {TOP("'node':'a\\tb'"), "node: expected text of 1 to 63 bytes, no control characters, found \"a\\tb\" (line 2)"},
    {TOP("'node':'" HUNDRED("x") "'"), "node: at most 63 bytes, found 100 (line 2)"},
    {TOP("'node':null"), "node: expected text of 1 to 63 bytes, no control characters, found null (line 2)"},
    {TOP("'managed':'yes'"), "managed: expected true or false, found \"yes\" (line 2)"},
    {TOP("'log_level':'loud'"),
     "log_level: expected \"error\", \"warning\", \"info\" or \"debug\", found \"loud\" (line 2)"},
    {TOP("'log_level':3"), "log_level: expected \"error\", \"warning\", \"info\" or \"debug\", found 3 (line 2)"},
    {TOP("'control':{'socket':'c.sock'}"), "control.socket: expected an absolute path, found \"c.sock\" (line 2)"},
    {TOP("'control':{'socket':{}}"),
     "control.socket: expected text of 1 to 107 bytes, no control characters, found an object (line 2)"},
    {TOP("'inspection':{'interval_seconds':0,\n'idle_timeout_seconds':3601,'top_flows':1001}"),
     "inspection.interval_seconds: expected 1 to 3600, found 0 (line 2)\n"
     "inspection.idle_timeout_seconds: expected 1 to 3600, found 3601 (line 3)\n"
     "inspection.top_flows: expected 0 to 1000, found 1001 (line 3)"},
    {TOP("'inspection':{'interval_seconds':1.5}"),
     "inspection.interval_seconds: expected a whole number from 1 to 3600, found 1.5 (line 2)"},
    {TOP("'inspection':[]"), "inspection: expected an object, found an array (line 2)"},
};

static const struct error dataplanes[] = {
    {PORT_LIST("{'name':'a0'},{'name':'n 0','device':'" HUNDRED("x") HUNDRED("x") "'}"),
     "dataplane.ports[0].device: missing (line 2)\n"
     "dataplane.ports[1].name: expected 1 to 31 of A-Z a-z 0-9 . _ -, found \"n 0\" (line 2)\n"
     "dataplane.ports[1].device: at most 127 bytes, found 200 (line 2)\n"
     "dataplane.wires[0].network: no port is named \"n0\"; did you mean \"a0\"? (line 3)"},
    {PORT_LIST("{'name':'a0','device':'d'}"), "dataplane.ports: at least 2, found 1 (line 2)"},
    {PORT_LIST("{'name':'a0','device':'d'},\n{'name':'n0','device':'d'}"),
     "dataplane.ports[1].device: \"d\" is already taken by dataplane.ports[0] (line 3)"},
    {PORT_LIST("{'name':'a0','device':'AF:00.1'},\n{'name':'n0','device':'0000:af:00.1,x=1'}"),
     "dataplane.ports[1].device: \"0000:af:00.1,x=1\": NIC 0000:af:00.1 is already taken by dataplane.ports[0] (line "
     "3)"},
    {PORT_LIST("{'name':'a0','device':'net_af_xdp0,iface=e'},{'name':'n0','device':'net_af_packet0,iface=e'}"),
     "dataplane.ports[1].device: \"net_af_packet0,iface=e\": interface e is already taken by dataplane.ports[0] (line "
     "2)"},
    {PORT_LIST("{'name':'a0','device':'net_af_xdp0,iface=e'},{'name':'n0','device':'net_af_xdp0,iface=f'}"),
     "dataplane.ports[1].device: \"net_af_xdp0,iface=f\": DPDK's device net_af_xdp0 is already taken by "
     "dataplane.ports[0] (line 2)"},
    {PORT_LIST("{'name':'a0','device':'d'},{'name':'n0','device':'e'},{'name':'a0','device':'f'}"),
     "dataplane.ports[2].name: \"a0\" is already taken by dataplane.ports[0] (line 2)"},
    {PORT_LIST("{'name':'a0','device':'d;mtu=9000'},{'name':'n0','device':'e'}"),
     "dataplane.ports[0].device: \";\" separates options on the dataplane's command line (line 2)"},
    {PORT_LIST("{'name':'a0','device':'d','mtu':67},{'name':'n0','device':'e','mtu':65536}"),
     "dataplane.ports[0].mtu: expected 68 to 65535, found 67 (line 2)\n"
     "dataplane.ports[1].mtu: expected 68 to 65535, found 65536 (line 2)"},
    {WIRES(""), "dataplane.wires: at least 1, found 0 (line 3)"},
    {WIRES("{'name':'w','access':'a0','network':'a0'}"),
     "dataplane.wires[0].network: port \"a0\" is already taken by dataplane.wires[0].access (line 3)"},
    {WIRES("{'name':'w','access':'a0','network':'n0'},\n{'name':'w','access':'n0','network':'n1'}"),
     "dataplane.wires[1].name: \"w\" is already taken by dataplane.wires[0] (line 4)\n"
     "dataplane.wires[1].access: port \"n0\" is already taken by dataplane.wires[0].network (line 4)\n"
     "dataplane.wires[1].network: no port is named \"n1\"; did you mean \"n0\"? (line 4)"},
    {WIRES("{'name':'w','access':'a0','network':'eth9'}"),
     "dataplane.wires[0].network: no port is named \"eth9\" (line 3)"},
    {PORTS("'worker_cores':[1,2,\n1],'wires':[],'ports':[]"),
     "dataplane.worker_cores[2]: 1 is already taken by dataplane.worker_cores[0] (line 3)\n"
     "dataplane.wires: at least 1, found 0 (line 3)\n"
     "dataplane.ports: at least 2, found 0 (line 3)"},
    {PORTS("'worker_cores':[],'memory_mb':63,'flow_table_entries':1,'record_ring_entries':1000,'hugepages':1,\n"
           "'isa':'avx3','idle':{'mode':'nap','max_sleep_us':0},'hang_seconds':3601"),
     "dataplane.ports: missing (line 1)\n"
     "dataplane.wires: missing (line 1)\n"
     "dataplane.worker_cores: at least 1, found 0 (line 2)\n"
     "dataplane.memory_mb: expected 64 to 1048576, found 63 (line 2)\n"
     "dataplane.flow_table_entries: expected 1024 to 33554432, found 1 (line 2)\n"
     "dataplane.record_ring_entries: expected a power of two from 1024 to 4194304, found 1000 (line 2)\n"
     "dataplane.hugepages: expected true or false, found 1 (line 2)\n"
     "dataplane.isa: expected \"auto\", \"sse4.2\", \"avx2\" or \"avx512\", found \"avx3\" (line 3)\n"
     "dataplane.idle.mode: expected \"never\", \"pause\" or \"sleep\", found \"nap\" (line 3)\n"
     "dataplane.idle.max_sleep_us: expected 1 to 10000, found 0 (line 3)\n"
     "dataplane.hang_seconds: expected 0 to 3600, found 3601 (line 3)"},
    // What is parked in the queues of eight workers is more than that: such a port would be dead for good.
    {"{'dataplane':{'worker_cores':[0,1,2,3,4,5,6,7],\n'mbufs':16384,\n" ALL_PORTS "}}",
     "dataplane.mbufs: at least 21888 for 8 workers and these ports, found 16384; 0: as many as it takes (line 2)"},
    {"{'dataplane':{'worker_cores':[0,1],\n'memory_mb':64,\n" ALL_PORTS "}}",
     "dataplane.memory_mb: at least 88 for 2 workers, these ports and their packet buffers, found 64 (line 2)"},
    {"{'dataplane':{'worker_cores':[0,1],'mbufs':1,'memory_mb':64,\n" ALL_PORTS "}}",
     "dataplane.mbufs: at least 5760 for 2 workers and these ports, found 1; 0: as many as it takes (line 1)\n"
     "dataplane.memory_mb: at least 88 for 2 workers, these ports and their packet buffers, found 64 (line 1)"},
};

#define TWO_WIRES(list)                                                                                                \
    "{'dataplane':{'ports':[{'name':'a','device':'1'},{'name':'b','device':'2'},{'name':'c','device':'3'},{'name':"    \
    "'d','device':'4'}],'wires':[{'name':'x','access':'a','network':'b'},{'name':'y','access':'c','network':'d'}]},"   \
    "\n'vpgs':[" list "]}"

static const struct error vpgs[] = {
    {"{'dataplane':{'max_vpgs':1,'ports':[{'name':'a','device':'x'},{'name':'n','device':'y'}],\n"
     "'wires':[{'name':'w','access':'a','network':'n'}]},'vpgs':[{'id':'u'},{'id':'v','vlan':1}]}",
     "vpgs: at most 1 (dataplane.max_vpgs), found 2 (line 2)"},
    {VPGS("{},\n7"), "vpgs[0].id: missing (line 2)\nvpgs[1]: expected an object, found 7 (line 3)"},
    {VPGS("{'id':'a/b'}"), "vpgs[0].id: expected 1 to 47 of A-Z a-z 0-9 . _ -, found \"a/b\" (line 2)"},
    {VPGS("{'id':'" TEN("12345") "'}"), "vpgs[0].id: at most 47 bytes, found 50 (line 2)"},
    {VPGS("{'id':'v','vlna':100,\n'vlan':5000}"), "vpgs[0]: unknown key \"vlna\"; did you mean \"vlan\"? (line 2)\n"
                                                  "vpgs[0].vlan: expected 0 to 4094, found 5000 (line 3)"},
    {VPGS("{'id':'v','vlan':'100'}"), "vpgs[0].vlan: expected a whole number from 0 to 4094, found \"100\" (line 2)"},
    {VPGS("{'id':'v','vlan':1},\n{'id':'v','vlan':2}"), "vpgs[1].id: \"v\" is already taken by vpgs[0] (line 3)"},
    {VPGS("{'id':'u','vlan':1},{'id':'v',\n'vlan':1}"),
     "vpgs[1].vlan: 1 on wire \"w0\" is already taken by vpgs[0] (line 3)"},
    {VPGS("{'id':'u'},\n{'id':'v'}"), "vpgs[1]: wire \"w0\" without a VLAN is already taken by vpgs[0] (line 3)"},
    {VPGS("{'id':'u','wire':'w1'}"), "vpgs[0].wire: no wire is named \"w1\"; did you mean \"w0\"? (line 2)"},
    {VPGS("{'id':'v','wire':5}"), "vpgs[0].wire: expected 1 to 31 of A-Z a-z 0-9 . _ -, found 5 (line 2)"},
    {"{'vpgs':[{'id':'v'}],\n'dataplane':{'ports':[{'name':'a','device':'1'},{'name':'b','device':'2'},"
     "{'name':'c','device':'3'},{'name':'d','device':'4'}],'wires':[{'name':'x','access':'a','network':'b'},"
     "{'name':'y','access':'c','network':'d'}]}}",
     "vpgs[0].wire: missing; there are 2 wires (line 1)"},
    {TWO_WIRES("{'id':'v',\n'wires':[]}"), "vpgs[0].wires: at least 1, found 0 (line 3)"},
    {TWO_WIRES("{'id':'v',\n'wires':'x'}"), "vpgs[0].wires: expected an array, found \"x\" (line 3)"},
    {TWO_WIRES("{'id':'v','wires':['x',\n7,'z']}"),
     "vpgs[0].wires[1]: expected 1 to 31 of A-Z a-z 0-9 . _ -, found 7 (line 3)\n"
     "vpgs[0].wires[2]: no wire is named \"z\"; did you mean \"x\"? (line 3)"},
    {TWO_WIRES("{'id':'v','wires':['x','y',\n'x']}"), "vpgs[0].wires[2]: \"x\" is named twice (line 3)"},
    {TWO_WIRES("{'id':'v','wire':'x',\n'wires':['y']}"),
     "vpgs[0].wires: there is \"wire\" as well: give one of them (line 3)"},
    {TWO_WIRES("{'id':'u','wires':['x','y']},\n{'id':'v','wire':'y'}"),
     "vpgs[1]: wire \"y\" without a VLAN is already taken by vpgs[0] (line 3)"},
    {TWO_WIRES("{'id':'u','wire':'y','vlan':7},{'id':'v','wires':['x','y'],\n'vlan':7}"),
     "vpgs[1].vlan: 7 on wire \"y\" is already taken by vpgs[0] (line 3)"},
    {SUBNETS("'10.128.0.5/9'"),
     "vpgs[0].device_subnets[0]: expected \"10.128.0.0/9\" (host bits zero), found \"10.128.0.5/9\" (line 2)"},
    {SUBNETS("'fd00::1/8'"),
     "vpgs[0].device_subnets[0]: expected \"fd00::/8\" (host bits zero), found \"fd00::1/8\" (line 2)"},
    {SUBNETS("'10.128.0.0/33','10.128.0.0/','10.128.0.0/09','x',9"),
     "vpgs[0].device_subnets[0]: expected a prefix such as 10.128.0.0/9 or fd00::/8, found \"10.128.0.0/33\" (line 2)\n"
     "vpgs[0].device_subnets[1]: expected a prefix such as 10.128.0.0/9 or fd00::/8, found \"10.128.0.0/\" (line 2)\n"
     "vpgs[0].device_subnets[2]: expected a prefix such as 10.128.0.0/9 or fd00::/8, found \"10.128.0.0/09\" (line 2)\n"
     "vpgs[0].device_subnets[3]: expected a prefix such as 10.128.0.0/9 or fd00::/8, found \"x\" (line 2)\n"
     "vpgs[0].device_subnets[4]: expected a prefix such as 10.128.0.0/9 or fd00::/8, found 9 (line 2)"},
    {SUBNETS("'" HUNDRED("1") "/8'"),
     "vpgs[0].device_subnets[0]: expected a prefix such as 10.128.0.0/9 or fd00::/8, found \"" TEN(
         "111111") "1111111... (line 2)"},
    {SUBNETS("'10.128.0.0/9',\n'fd00::/8',\n'10.200.0.0/16'"),
     "vpgs[0].device_subnets[2]: 10.200.0.0/16 overlaps 10.128.0.0/9 (vpgs[0].device_subnets[0]) (line 4)"},
    {SUBNETS("'fd00::1','fd00::/8'"),
     "vpgs[0].device_subnets[1]: fd00::/8 overlaps fd00::1 (vpgs[0].device_subnets[0]) (line 2)"},
    {VPGS("{'id':'v','gate':{'enabled':false,'vni':16777216,'address':'10.254.0.1','peers':[{'outer':'x'}],'adress':1}"
          "}"),
     "vpgs[0].gate.vni: expected 1 to 16777215, found 16777216 (line 2)\n"
     "vpgs[0].gate.address: expected an address with its prefix length such as 198.18.0.1/24, found \"10.254.0.1\" "
     "(line 2)\n"
     "vpgs[0].gate.peers[0].inner: missing (line 2)\n"
     "vpgs[0].gate.peers[0].outer: expected an IPv4 or IPv6 address, found \"x\" (line 2)\n"
     "vpgs[0].gate: unknown key \"adress\"; did you mean \"address\"? (line 2)"},
    {VPGS("{'id':'v','redirection':{'enabled':false,'gateway':'10.254.0.2/16','on_failure':'wait'}}"),
     "vpgs[0].redirection.gateway: expected an IPv4 or IPv6 address, found \"10.254.0.2/16\" (line 2)\n"
     "vpgs[0].redirection.on_failure: expected \"bypass\", \"drop\" or \"standby\", found \"wait\" (line 2)"},
};

static const struct error devices[] = {
    {DEVICES("{'name':'d'}"), "vpgs[0].devices[0].address: missing (line 3)"},
    {DEVICES("{'address':'10.128.0.0/16'}"),
     "vpgs[0].devices[0].address: expected an IPv4 or IPv6 address, found \"10.128.0.0/16\" (line 3)"},
    {DEVICES("{'address':'10.1.0.1'},\n{'address':'fd00::1'}"),
     "vpgs[0].devices[0].address: 10.1.0.1 is outside the VPG's device_subnets (line 3)\n"
     "vpgs[0].devices[1].address: fd00::1 is outside the VPG's device_subnets (line 4)"},
    {DEVICES("{'address':'10.128.0.1'},{'address':'10.128.0.2'},\n{'address':'10.128.0.1'}"),
     "vpgs[0].devices[2].address: \"10.128.0.1\" is already taken by vpgs[0].devices[0] (line 4)"},
    {VPGS("{'id':'v','devices':[{'address':'fd00::1','name':'x'},\n{'address':'fd00:0::1','name':'x'},\n"
          "{'address':'10.128.0.1','name':'x'}]}"),
     "vpgs[0].devices[1].address: \"fd00:0::1\" is already taken by vpgs[0].devices[0] (line 3)\n"
     "vpgs[0].devices[1].name: \"x\" is already taken by vpgs[0].devices[0] (line 3)"},
    {DEVICES("{'address':'10.128.0.1','name':'','group':5}"),
     "vpgs[0].devices[0].name: expected text of 1 to 63 bytes, no control characters, found \"\" (line 3)\n"
     "vpgs[0].devices[0].group: expected text of 1 to 63 bytes, no control characters, found 5 (line 3)"},
};

static const struct error rules[] = {
    {MATCH("'direction':'up'"),
     "vpgs[0].rules[0].match.direction: expected \"any\", \"uplink\" or \"downlink\", found \"up\" (line 3)"},
    {MATCH("'device':'10.128.0.1/9','remote':8"),
     "vpgs[0].rules[0].match.device: expected \"10.128.0.0/9\" (host bits zero), found \"10.128.0.1/9\" (line 3)\n"
     "vpgs[0].rules[0].match.remote: expected a prefix such as 10.128.0.0/9 or fd00::/8, found 8 (line 3)"},
    {MATCH("'device':'10.128.0.0/9',\n'remote':'fd00::/8'"),
     "vpgs[0].rules[0].match.remote: expected an IPv4 prefix as of \"device\", found IPv6 (line 4)"},
    {VPGS("{'id':'v','fragments':{'headerless':'reject'}}"),
     "vpgs[0].fragments.headerless: expected \"drop\" or \"forward\", found \"reject\" (line 2)"},
    {VPGS("{'id':'v','fragments':{'headles':'drop'}}"),
     "vpgs[0].fragments: unknown key \"headles\"; did you mean \"headerless\"? (line 2)"},
    {MATCH("'protocol':'gre'"), "vpgs[0].rules[0].match.protocol: expected \"tcp\", \"udp\", \"icmp\", \"icmpv6\", "
                                "\"sctp\", or 1 to 255, found \"gre\" (line 3)"},
    {MATCH("'protocol':0"), "vpgs[0].rules[0].match.protocol: expected \"tcp\", \"udp\", \"icmp\", \"icmpv6\", "
                            "\"sctp\", or 1 to 255, found 0 (line 3)"},
    {MATCH("'device_ports':[],'remote_ports':[65536,\n'90-80','1-65536','1-2-3','-1','+1-2','']"),
     "vpgs[0].rules[0].match.device_ports: at least 1, found 0 (line 3)\n"
     "vpgs[0].rules[0].match.remote_ports[0]: " RANGE " 65536 (line 3)\n"
     "vpgs[0].rules[0].match.remote_ports[1]: " RANGE " \"90-80\" (line 4)\n"
     "vpgs[0].rules[0].match.remote_ports[2]: " RANGE " \"1-65536\" (line 4)\n"
     "vpgs[0].rules[0].match.remote_ports[3]: " RANGE " \"1-2-3\" (line 4)\n"
     "vpgs[0].rules[0].match.remote_ports[4]: " RANGE " \"-1\" (line 4)\n"
     "vpgs[0].rules[0].match.remote_ports[5]: " RANGE " \"+1-2\" (line 4)\n"
     "vpgs[0].rules[0].match.remote_ports[6]: " RANGE " \"\" (line 4)"},
    {MATCH("'dscp':64"), "vpgs[0].rules[0].match.dscp: expected 0 to 63, found 64 (line 3)"},
    {MATCH("'port':80"), "vpgs[0].rules[0].match: unknown key \"port\" (line 3)"},
    {VPGS("{'id':'v','devices':[{'address':'10.128.0.1','group':'cameras'}],\n'rules':[{'match':{'group':'camera'}}]}"),
     "vpgs[0].rules[0].match.group: no device of this VPG is in the group \"camera\"; "
     "did you mean \"cameras\"? (line 3)"},
    {RULE("{'inspect':1,\n'redirect':'no','drop':null,'mirror':1}"),
     "vpgs[0].rules[0].inspect: expected true or false, found 1 (line 3)\n"
     "vpgs[0].rules[0].redirect: expected true or false, found \"no\" (line 4)\n"
     "vpgs[0].rules[0].drop: expected true or false, found null (line 4)\n"
     "vpgs[0].rules[0].mirror: expected true, false or an array of peers' addresses, found 1 (line 4)"},
    {RULE("{'mirror':['x']}"), "vpgs[0].rules[0].mirror: expected peers' IPv4 or IPv6 addresses, found \"x\" (line 3)"},
    {RULE("{'mirror':[\n'198.18.0.9']}"),
     "vpgs[0].rules[0].mirror[0]: no mirroring peer of this VPG has the address 198.18.0.9 (line 4)"},
    {RULE("{'match':{'device_ports':[" TEN("1,") TEN("1,") TEN("1,") TEN("1,") TEN("1,") TEN(
         "1,") "1,1,1,1]"
               ",'remote_ports':[" TEN("1,") TEN("1,") TEN("1,") TEN("1,") TEN("1,") TEN("1,") "1,1,1,1]}},{}"),
     "file.json: rules: at most 4096 with their port lists expanded, found 4097"},
};

struct group {
    const struct error *table;
    size_t count;
};
#define GROUP(table)                                                                                                   \
    { table, sizeof(table) / sizeof(table[0]) }
static struct group groups[] = {GROUP(not_json), GROUP(shapes),  GROUP(dataplanes),
                                GROUP(vpgs),     GROUP(devices), GROUP(rules)};

static void
test_every_error_is_said(void **state) {
    const struct group *group = *state;
    for (size_t i = 0; i < group->count; i++)
        expect_errors(&group->table[i], group->table == not_json);
}

#define THOUSAND HUNDRED(TEN("0,"))
// A file wrong all over: what is said has an end, what is counted has not.
static void
test_too_many_errors(void **state) {
    (void)state;
    struct jn_config_errors errors;
    assert_null(parse_text(TOP("'vpgs':[" THOUSAND THOUSAND THOUSAND THOUSAND HUNDRED("0,") "0]"), &errors));
    assert_int_equal(errors.count, 1001);
    assert_string_equal(errors.text[0], "vpgs: at most 4096, found 4101 (line 2)");
    assert_string_equal(errors.text[1000], "file.json: and 3102 more errors");
    jn_config_errors_free(&errors);
}

// Far deeper than any stack: refused by depth, or looked over without recursing.
static void
test_nesting_depth(void **state) {
    (void)state;
    struct jn_config_errors errors;
    enum { DEEPEST = 1000000 };
    char *text = malloc(DEEPEST);
    memset(text, '[', DEEPEST);
    assert_null(jn_config_parse(text, DEEPEST, "file.json", &errors));
    assert_string_equal(errors.text[0], "file.json: maximum parsing depth reached near '[' (line 1)");
    jn_config_errors_free(&errors);
    free(text);
    assert_null(parse_text("{'a':" HUNDRED(TEN("[")) HUNDRED(TEN("]")) ",\n'node':7}", &errors));
    assert_string_equal(errors.text[0], "dataplane: missing (line 1)");
    assert_string_equal(errors.text[1], "file.json: unknown key \"a\" (line 1)");
    assert_string_equal(errors.text[2],
                        "node: expected text of 1 to 63 bytes, no control characters, found 7 (line 2)");
    jn_config_errors_free(&errors);
}

static void
check_file(const char *path, const char *sentence) {
    struct jn_config_errors errors;
    assert_null(jn_config_load(path, &errors));
    assert_int_equal(errors.count, 1);
    assert_string_equal(errors.text[0], sentence);
    jn_config_errors_free(&errors);
}

static void
test_files_that_cannot_be_read(void **state) {
    (void)state;
    check_file("/nonexistent/a.json", "/nonexistent/a.json: cannot be opened: No such file or directory");
    check_file("/dev", "/dev: cannot be read: Is a directory");
    check_file("/dev/null", "/dev/null: empty, expected a JSON object");
    check_file("/dev/zero", "/dev/zero: cannot be read: File too large");
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        {"not JSON", test_every_error_is_said, NULL, NULL, &groups[0]},
        {"shapes", test_every_error_is_said, NULL, NULL, &groups[1]},
        {"dataplane", test_every_error_is_said, NULL, NULL, &groups[2]},
        {"VPGs", test_every_error_is_said, NULL, NULL, &groups[3]},
        {"devices", test_every_error_is_said, NULL, NULL, &groups[4]},
        {"rules", test_every_error_is_said, NULL, NULL, &groups[5]},
        cmocka_unit_test(test_too_many_errors),
        cmocka_unit_test(test_nesting_depth),
        cmocka_unit_test(test_files_that_cannot_be_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
