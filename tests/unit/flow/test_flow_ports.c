// SPDX-License-Identifier: BSD-3-Clause
// Port 0 is a port like any other, and a packet that names no ports never shares its flow, nor a rule on ports.
#include "rig/frame.h"
#include "rig/rig.h"
#include "test.h"

#define T0      (UINT64_C(1767322800) * 1000000000)
#define RULE(m) "[{\"id\":\"v\",\"rules\":[{\"match\":{" m "},\"drop\":true}]}]"

enum { TCP = 6, UDP = 17, ICMP = 1, SCTP = 132, ESP = 50, LATER = 100 };

static struct frame_spec
spec(uint8_t protocol, uint16_t source_port, uint16_t destination_port, uint16_t fragment) {
    return (struct frame_spec){.source = 0x0a800001,
                               .destination = 0xc6120001,
                               .protocol = protocol,
                               .source_port = source_port,
                               .destination_port = destination_port,
                               .fragment = fragment,
                               .id = fragment != 0,
                               .payload = 16};
}

static void
play(struct rig *rig, const struct frame_spec *s, uint32_t cut) {
    uint8_t frame[256];
    uint32_t length = frame_build(s, frame);
    rig_frame(rig, frame, cut != 0 ? cut : length, length, false, T0);
}

// How many flows the packets make, and how many of them name ports.
static void
test_port_0_and_no_ports_are_two_flows(void **state) {
    (void)state;
    static const struct {
        const char *what;
        struct {
            uint8_t protocol;
            uint16_t ports[2], fragment;
            uint32_t cut;
        } packets[3];
        unsigned int count, flows, with_ports;
    } rows[] = {
        {"TCP, and a later fragment of TCP", {{TCP, {0, 0}, 0, 0}, {TCP, {0, 0}, LATER, 0}}, 2, 2, 1},
        {"a later fragment of UDP, and UDP", {{UDP, {0, 0}, LATER, 0}, {UDP, {0, 0}, 0, 0}}, 2, 2, 1},
        {"SCTP, and SCTP cut before its ports", {{SCTP, {0, 0}, 0, 0}, {SCTP, {0, 0}, 0, 36}}, 2, 2, 1},
        {"UDP from port 0 alone", {{UDP, {0, 53}, 0, 0}, {UDP, {0, 53}, LATER, 0}}, 2, 2, 1},
        {"the same twice", {{UDP, {0, 0}, 0, 0}, {UDP, {0, 0}, 0, 0}}, 2, 1, 1},
        {"later fragments alone", {{UDP, {0, 0}, LATER, 0}, {UDP, {0, 0}, LATER + 10, 0}}, 2, 1, 0},
        {"first and later fragment", {{UDP, {0, 0}, JN_IPV4_MF, 0}, {UDP, {0, 0}, LATER, 0}}, 2, 1, 1},
        {"no ports in the protocol", {{ESP, {0, 0}, 0, 0}, {ESP, {0, 0}, 0, 0}}, 2, 1, 0},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_open(&rig, "[{\"id\":\"v\"}]", 60);
        for (unsigned int k = 0; k < rows[i].count; k++) {
            struct frame_spec s = spec(rows[i].packets[k].protocol, rows[i].packets[k].ports[0],
                                       rows[i].packets[k].ports[1], rows[i].packets[k].fragment);
            play(&rig, &s, rows[i].packets[k].cut);
        }
        unsigned int flows = 0, with_ports = 0;
        for (uint32_t n = 0; n < rig.worker->flow->table.header->high_water; n++) {
            const struct jn_flow_entry *entry = &rig.worker->flow->table.entries[n];
            flows += !jn_flow_is_free(entry);
            with_ports += !jn_flow_is_free(entry) && !(entry->flags & JN_FLOW_NO_PORTS);
        }
        if (flows != rows[i].flows || with_ports != rows[i].with_ports)
            fail_msg("%s: %u flows, %u with ports", rows[i].what, flows, with_ports);
        rig_close(&rig);
    }
}

static void
test_rules_on_port_0(void **state) {
    (void)state;
    static const struct {
        const char *what, *vpgs;
        uint8_t protocol;
        uint16_t ports[2], fragment;
        bool dropped;
    } rows[] = {
        {"to port 0", RULE("\"remote_ports\":[0]"), UDP, {5, 0}, 0, true},
        {"from port 0", RULE("\"device_ports\":[0]"), TCP, {0, 5}, 0, true},
        {"to a range", RULE("\"remote_ports\":[\"0-1023\"]"), UDP, {5, 0}, 0, true},
        {"to another port", RULE("\"remote_ports\":[0]"), UDP, {0, 5}, 0, false},
        {"fragment without ports", RULE("\"remote_ports\":[0]"), UDP, {0, 0}, LATER, false},
        {"fragment, range from 0",
         RULE("\"device_ports\":[\"0-1023\"],\"direction\":\"uplink\""),
         UDP,
         {0, 0},
         LATER,
         false},
        {"fragment, a rule on all", RULE("\"protocol\":\"udp\""), UDP, {0, 0}, LATER, true},
        {"fragment, every port named", RULE("\"remote_ports\":[\"0-65535\"]"), UDP, {0, 0}, LATER, true},
        {"no ports in the protocol", RULE("\"remote_ports\":[0]"), ESP, {0, 0}, 0, false},
        {"echo has a type, no port", RULE("\"remote_ports\":[0]"), ICMP, {0x0800, 0}, 0, false},
        {"the type of an echo", RULE("\"protocol\":\"icmp\",\"device_ports\":[8]"), ICMP, {0x0800, 0}, 0, true},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rig rig;
        rig_open(&rig, rows[i].vpgs, 60);
        struct frame_spec s = spec(rows[i].protocol, rows[i].ports[0], rows[i].ports[1], rows[i].fragment);
        play(&rig, &s, 0);
        if ((rig.sent_count == 0) != rows[i].dropped)
            fail_msg("%s: %s", rows[i].what, rig.sent_count == 0 ? "dropped" : "forwarded");
        rig_close(&rig);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_port_0_and_no_ports_are_two_flows),
        cmocka_unit_test(test_rules_on_port_0),
    };
    rig_start_dpdk();
    return cmocka_run_group_tests_name("flow_ports", tests, NULL, NULL);
}
