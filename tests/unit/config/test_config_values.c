// SPDX-License-Identifier: BSD-3-Clause
// Right configurations: what their values become, what is assumed, what is warned of.
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>

#include "config/config_load.h"
#include "config_text.h"
#include "test.h"

static struct jn_config_errors errors;

static struct jn_config *
accept(const char *text) {
    struct jn_config *config = parse_text(text, &errors);
    if (config == NULL)
        fail_msg("%s", errors.count > 0 ? errors.text[0] : "refused without a word");
    return config;
}

static void
done(struct jn_config *config) {
    jn_config_free(config);
    jn_config_errors_free(&errors);
}

static void
test_defaults(void **state) {
    (void)state;
    struct jn_config *c = accept(VPGS("{'id':'v'}"));
    char host[64] = "";
    cpu_set_t set;
    gethostname(host, sizeof(host) - 1);
    sched_getaffinity(0, sizeof(set), &set);
    assert_string_equal(c->node, host);
    assert_false(c->managed);
    assert_int_equal(c->log_level, JN_LOG_INFO);
    assert_string_equal(c->socket, "");
    assert_int_equal(c->dataplane.worker_count, 1);
    assert_true(CPU_ISSET(c->dataplane.worker_cores[0], &set));
    for (unsigned int cpu = c->dataplane.worker_cores[0] + 1; cpu < CPU_SETSIZE; cpu++)
        assert_false(CPU_ISSET(cpu, &set));
    assert_true(c->dataplane.hugepages);
    assert_int_equal(c->dataplane.memory_mb, 0);
    assert_int_equal(c->dataplane.mbufs, 0);
    assert_int_equal(c->dataplane.flow_table_entries, 1000000);
    assert_int_equal(c->dataplane.record_ring_entries, 65536);
    assert_int_equal(c->dataplane.vpg_devices, 8192);
    assert_int_equal(c->dataplane.isa, 0);
    assert_int_equal(c->dataplane.idle, JN_IDLE_SLEEP);
    assert_int_equal(c->dataplane.idle_max_sleep_us, 50);
    assert_int_equal(c->dataplane.hang_seconds, 10);
    assert_int_equal(c->dataplane.ports[1].mtu, 0);
    assert_int_equal(c->interval_s, 60);
    assert_int_equal(c->idle_timeout_s, 30);
    assert_int_equal(c->tcp_linger_s, 10);
    assert_int_equal(c->top_flows, 100);
    assert_int_equal(c->sinks[0].type, JN_SINK_STDOUT);
    assert_string_equal(c->sinks[0].topic_summary, "junction.summary");
    assert_string_equal(c->sinks[0].topic_flow, "junction.flow");
    assert_int_equal(c->sinks[0].max_mb, 100);
    assert_int_equal(c->sinks[0].keep, 5);
    assert_int_equal(c->vpg_count, 1);
    assert_string_equal(c->vpgs[0].name, "");
    assert_int_equal(c->vpgs[0].wires, 1);
    assert_int_equal(c->vpgs[0].vlan_id, JN_VLAN_ID_NONE);
    assert_true(c->vpgs[0].inspect);
    assert_int_equal(errors.warning_count, 0);
    done(c);
}

static void
test_values(void **state) {
    (void)state;
    struct jn_config *c =
        accept("{'$schema':'junction.schema.json','node':'edge-1','managed':true,'log_level':'debug',"
               "'control':{'socket':'/run/x'},"
               "'dataplane':{'worker_cores':[3,1],'hugepages':false,'memory_mb':1048576,'mbufs':67108864,'flow_table_"
               "entries':33554432,"
               "'record_ring_entries':4194304,'vpg_devices':1048576,'isa':'sse4.2','idle':{'mode':'pause','max_sleep_"
               "us':10000},"
               "'hang_seconds':0,'ports':[{'"
               "name':'t','device':'x'},"
               "{'name':'a','device':'y','mtu':9000},{'name':'n','device':'z'}],'wires':[{'name':'w','access':'a',"
               "'network':'n'}]},"
               "'inspection':{'interval_seconds':3600,'idle_timeout_seconds':1,'tcp_linger_seconds':0,'top_flows':0},"
               "'sink':{'type':'file','file':{'path':'/tmp/f','max_mb':7,'keep':0},'topics':{'flow':'f'},"
               "'properties':{'a':'s','b':5,'c':true,'d':0.1}},"
               "'vpgs':[{'id':'v','name':'V','wire':'w','vlan':0,'inspection':{'enabled':false},"
               "'device_subnets':['10.128.0.0/9','fd00::/8','198.18.0.1']}]}");
    assert_string_equal(c->node, "edge-1");
    assert_true(c->managed);
    assert_int_equal(c->log_level, JN_LOG_DEBUG);
    assert_string_equal(c->socket, "/run/x");
    assert_int_equal(c->dataplane.worker_count, 2);
    assert_int_equal(c->dataplane.worker_cores[0], 3);
    assert_int_equal(c->dataplane.worker_cores[1], 1);
    assert_false(c->dataplane.hugepages);
    assert_int_equal(c->dataplane.memory_mb, 1048576);
    assert_int_equal(c->dataplane.mbufs, 67108864);
    assert_int_equal(c->dataplane.flow_table_entries, 33554432);
    assert_int_equal(c->dataplane.record_ring_entries, 4194304);
    assert_int_equal(c->dataplane.vpg_devices, 1048576);
    assert_int_equal(c->dataplane.isa, 1);
    assert_int_equal(c->dataplane.idle, JN_IDLE_PAUSE);
    assert_int_equal(c->dataplane.idle_max_sleep_us, 10000);
    assert_int_equal(c->dataplane.hang_seconds, 0);
    assert_int_equal(c->dataplane.port_count, 3);
    assert_string_equal(c->dataplane.ports[1].device, "y");
    assert_int_equal(c->dataplane.ports[1].mtu, 9000);
    assert_string_equal(c->dataplane.wires[0].name, "w");
    assert_int_equal(c->dataplane.wires[0].access, 1);
    assert_int_equal(c->dataplane.wires[0].network, 2);
    assert_int_equal(c->interval_s, 3600);
    assert_int_equal(c->idle_timeout_s, 1);
    assert_int_equal(c->tcp_linger_s, 0);
    assert_int_equal(c->top_flows, 0);
    assert_int_equal(c->sinks[0].type, JN_SINK_FILE);
    assert_string_equal(c->sinks[0].path, "/tmp/f");
    assert_int_equal(c->sinks[0].max_mb, 7);
    assert_int_equal(c->sinks[0].keep, 0);
    assert_string_equal(c->sinks[0].topic_flow, "f");
    assert_int_equal(c->sinks[0].property_count, 4);
    static const char *const properties[][2] = {{"a", "s"}, {"b", "5"}, {"c", "true"}, {"d", "0.1"}};
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(c->sinks[0].properties[i].name, properties[i][0]);
        assert_string_equal(c->sinks[0].properties[i].value, properties[i][1]);
    }
    assert_string_equal(c->vpgs[0].name, "V");
    assert_int_equal(c->vpgs[0].vlan_id, 0);
    assert_false(c->vpgs[0].inspect);
    assert_int_equal(c->vpgs[0].subnet_count, 3);
    assert_memory_equal(&c->vpgs[0].subnets[0], (&(struct jn_prefix){{10, 128}, 9, 4, {0}}), sizeof(struct jn_prefix));
    assert_memory_equal(&c->vpgs[0].subnets[1], (&(struct jn_prefix){{0xfd}, 8, 6, {0}}), sizeof(struct jn_prefix));
    assert_memory_equal(&c->vpgs[0].subnets[2], (&(struct jn_prefix){{198, 18, 0, 1}, 32, 4, {0}}),
                        sizeof(struct jn_prefix));
    done(c);
}

static void
test_rules(void **state) {
    (void)state;
    struct jn_config *c = accept(
        TUNNEL_VPGS("{'id':'v','mirroring':{'peers':[{'address':'198.18.0.9'},{'address':'fd00:18::2'}]},"
                    "'devices':[{'address':'10.128.0.1','name':'n','group':'g'},{'address':'fd00::5','name':'n'}],"
                    "'rules':[{'match':{'direction':'downlink','device':'10.128.0.0/9','remote':'198.18.0.9',"
                    "'protocol':'sctp',"
                    "'device_ports':[22,'80-90'],'remote_ports':['0-65535'],'dscp':46,'group':'g'},'inspect':false,"
                    "'drop':true},"
                    "{'match':{'protocol':255,'direction':'uplink'},'mirror':['fd00:18:0::2'],'redirect':true},"
                    "{'mirror':true,'inspect':true},{'mirror':false,'redirect':false},{'mirror':[]}]}"));
    const struct jn_config_rule *r = c->vpgs[0].rules;
    assert_int_equal(c->vpgs[0].rule_count, 5);
    assert_int_equal(r[0].direction, 2);
    assert_memory_equal(&r[0].device, (&(struct jn_prefix){{10, 128}, 9, 4, {0}}), sizeof(struct jn_prefix));
    assert_memory_equal(&r[0].remote, (&(struct jn_prefix){{198, 18, 0, 9}, 32, 4, {0}}), sizeof(struct jn_prefix));
    assert_int_equal(r[0].protocol, 132);
    assert_int_equal(r[0].device_port_count, 2);
    assert_memory_equal(r[0].device_ports, ((uint16_t[2][2]){{22, 22}, {80, 90}}), 8);
    assert_int_equal(r[0].remote_port_count, 1);
    assert_memory_equal(r[0].remote_ports, ((uint16_t[1][2]){{0, 65535}}), 4);
    assert_int_equal(r[0].dscp, 46);
    assert_string_equal(r[0].group, "g");
    assert_int_equal(r[0].inspect, JN_ACTION_OFF);
    assert_int_equal(r[0].mirror, JN_ACTION_DEFAULT);
    assert_int_equal(r[0].redirect, JN_ACTION_DEFAULT);
    assert_int_equal(r[0].drop, 1);
    assert_int_equal(r[1].direction, 1);
    assert_int_equal(r[1].protocol, 255);
    assert_int_equal(r[1].dscp, 0xff);
    assert_int_equal(r[1].mirror, JN_ACTION_ON);
    assert_int_equal(r[1].mirror_peers, 2);
    assert_int_equal(r[1].redirect, JN_ACTION_ON);
    assert_int_equal(r[1].drop, 0);
    assert_int_equal(r[2].direction, 0);
    assert_int_equal(r[2].device.family, 0);
    assert_int_equal(r[2].device_port_count, 0);
    assert_int_equal(r[2].mirror, JN_ACTION_ON);
    assert_int_equal(r[2].mirror_peers, 3);
    assert_int_equal(r[2].inspect, JN_ACTION_ON);
    assert_int_equal(r[3].mirror, JN_ACTION_OFF);
    assert_int_equal(r[3].redirect, JN_ACTION_OFF);
    assert_int_equal(r[4].mirror, JN_ACTION_OFF);
    done(c);
}

static void
test_underlay(void **state) {
    (void)state;
    struct jn_config *c = accept("{" TUNNEL "}");
    const struct jn_config_dataplane *d = &c->dataplane;
    assert_int_equal(d->ports[0].vlan_id, JN_VLAN_ID_NONE);
    assert_int_equal(d->ports[2].vlan_id, 7);
    assert_int_equal(d->address_count, 2);
    assert_memory_equal(&d->addresses[0], (&(struct jn_underlay_address){{198, 18, 0, 1}, 4, 24, 2, 7, 0}),
                        sizeof(d->addresses[0]));
    assert_memory_equal(&d->addresses[1], (&(struct jn_underlay_address){{0xfd, 0, 0, 0x18, [15] = 1}, 6, 64, 2, 7, 0}),
                        sizeof(d->addresses[0]));
    assert_int_equal(d->route_count, 1);
    assert_memory_equal(&d->routes[0], (&(struct jn_route){{{198, 19}, 16, 4, {0}}, {198, 18, 0, 254}, 2, {0}}),
                        sizeof(d->routes[0]));
    done(c);
    // Both addresses of a /31 are hosts, and a wire's network port may carry the underlay.
    c = accept(PORTS("'ports':[{'name':'a','device':'x'},{'name':'n','device':'y','addresses':['198.18.0.0/31',"
                     "'198.18.9.9/32']}],'wires':[{'name':'w','access':'a','network':'n'}]},'vpgs':[{'id':'v',"
                     "'mirroring':{'peers':[{'address':'198.18.0.1'}]}}],'inspection':{"));
    assert_int_equal(c->dataplane.address_count, 2);
    assert_int_equal(c->dataplane.addresses[0].vlan_id, JN_VLAN_ID_NONE);
    done(c);
}

static void
test_peers(void **state) {
    (void)state;
    struct jn_config *c = accept(TUNNEL_VPGS(
        "{'id':'a','vlan':1,'mirroring':{'peers':[{'address':'198.18.0.9'},{'address':'fd00:18::2','enabled':false,"
        "'description':'IDS','encapsulation':'gre','key':4294967295,'sequence':true,'ttl':255,'dscp':63,"
        "'snap_length':64,'sample_packets':1000000,'sample_flows':7,'rate_mbps':400000,'direction':'downlink',"
        "'too_long':'drop'}]}},"
        "{'id':'b','vlan':2,'mirroring':{'enabled':false,'peers':[{'address':'198.19.1.1','encapsulation':'erspan',"
        "'session':1023,'too_long':'fragment','direction':'uplink'},{'address':'198.18.0.9','key':0,"
        "'encapsulation':'gretap'}]}}"));
    const struct jn_config_peer *p = c->vpgs[0].peers;
    assert_int_equal(c->vpgs[0].peer_count, 2);
    assert_memory_equal(&p[0].peer,
                        (&(struct jn_peer){.address = {198, 18, 0, 9},
                                           .family = 4,
                                           .flags = JN_PEER_ENABLED,
                                           .ttl = 64,
                                           .sample_packets = 1,
                                           .sample_flows = 1}),
                        sizeof(p[0].peer));
    assert_string_equal(p[0].description, "");
    assert_memory_equal(&p[1].peer,
                        (&(struct jn_peer){.address = {0xfd, 0, 0, 0x18, [15] = 2},
                                           .family = 6,
                                           .encapsulation = JN_ENCAP_GRE,
                                           .flags = JN_PEER_KEY | JN_PEER_SEQUENCE,
                                           .too_long = JN_TOO_LONG_DROP,
                                           .direction = 2,
                                           .ttl = 255,
                                           .dscp = 63,
                                           .key = UINT32_MAX,
                                           .snap_length = 64,
                                           .sample_packets = 1000000,
                                           .sample_flows = 7,
                                           .rate_mbps = 400000}),
                        sizeof(p[1].peer));
    assert_string_equal(p[1].description, "IDS");
    p = c->vpgs[1].peers;
    assert_int_equal(p[0].peer.encapsulation, JN_ENCAP_ERSPAN2);
    assert_int_equal(p[0].peer.session, 1023);
    assert_int_equal(p[0].peer.too_long, JN_TOO_LONG_FRAGMENT);
    assert_int_equal(p[0].peer.direction, 1);
    assert_int_equal(p[0].peer.flags, 0);
    assert_int_equal(p[1].peer.flags, JN_PEER_KEY);
    done(c);
}

#define REDIRECTED(keys)                                                                                               \
    "{'id':'v','device_subnets':['10.128.0.0/16'],'gate':{'address':'10.254.0.1/16','peers':[{'outer':'198.19.0.9',"   \
    "'inner':'10.254.0.2'}]},\n'redirection':{'gateway':'10.254.0.2'" keys "}"
#define TAGGED_ALONE                                                                                                   \
    "vpgs[0].redirection: of untagged frames alone: a VPG without vlan takes several VLANs, which the virtual "        \
    "network "                                                                                                         \
    "cannot tell apart (line 3)\n"

static const struct {
    const char *text, *warnings;
} warned[] = {
    {TUNNEL_VPGS(REDIRECTED("") "}"), ""},
    {TUNNEL_VPGS(REDIRECTED("") ",'vlan':7},{'id':'u','vlan':8}"), ""},
    {TUNNEL_VPGS(REDIRECTED("") "},{'id':'u','vlan':8}"), TAGGED_ALONE},
    {TUNNEL_VPGS(REDIRECTED(",'enabled':false") "},{'id':'u','vlan':8}"), ""},
    {TUNNEL_VPGS("{'id':'v','gate':{'enabled':false,'address':'10.254.0.1/16'},'redirection':{'enabled':false},"
                 "'mirroring':{'peers':[{'address':'198.19.0.1'}]},'rules':[{'mirror':true,'redirect':false}]}"),
     ""},
    {VPGS("{'id':'v','rules':[{},\n{'redirect':true}]}"), ""},
    {TOP("'sink':{'spool':{'directory':'/d'}}"), ""},
    {TOP("'sink':{'type':'kafka','properties':{'metadata.broker.list':'b','acks':-1,'enable.idempotence':'true'}}"),
     ""},
};

static void
test_warnings(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++) {
        char all[4096] = "";
        struct jn_config *c = accept(warned[i].text);
        for (size_t j = 0; j < errors.warning_count; j++)
            snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s\n", errors.warning[j]);
        assert_string_equal(all, warned[i].warnings);
        done(c);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults), cmocka_unit_test(test_values), cmocka_unit_test(test_rules),
        cmocka_unit_test(test_underlay), cmocka_unit_test(test_peers),  cmocka_unit_test(test_warnings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
