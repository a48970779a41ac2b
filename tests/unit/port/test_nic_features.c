// SPDX-License-Identifier: BSD-3-Clause
// Which features change frames, and which devices leave checksums unfinished. What the kernel does with them
// tests/smoke/features.sh shows.
#include "port/nic_features.h"
#include "test.h"

static const struct feature_case {
    const char *name;
    bool received, sent;
} features[] = {
    {"rx-vlan-hw-parse", true, false},
    {"rx-vlan-stag-hw-parse", true, false},
    {"rx-gro", true, false},
    {"rx-gro-hw", true, false},
    {"rx-gro-list", true, false},
    {"rx-udp-gro-forwarding", true, false},
    {"rx-lro", true, false},
    {"rx-vlan-filter", false, false},
    {"rx-checksum", false, false},
    {"rx-hashing", false, false},
    {"rx-all", false, false},
    {"rx-fcs", false, false},
    {"rx-ntuple-filter", false, false},
    {"tx-checksum-ipv4", false, true},
    {"tx-checksum-ipv6", false, true},
    {"tx-checksum-ip-generic", false, true},
    {"tx-checksum-sctp", false, true},
    {"tx-vlan-hw-insert", false, true},
    {"tx-vlan-stag-hw-insert", false, true},
    {"tx-generic-segmentation", false, true},
    {"tx-tcp-segmentation", false, true},
    {"tx-tcp-ecn-segmentation", false, true},
    {"tx-tcp-mangleid-segmentation", false, true},
    {"tx-tcp6-segmentation", false, true},
    {"tx-udp-segmentation", false, true},
    {"tx-udp_tnl-segmentation", false, true},
    {"tx-udp_tnl-csum-segmentation", false, true},
    {"tx-gre-segmentation", false, true},
    {"tx-sctp-segmentation", false, true},
    {"tx-gso-list", false, true},
    {"tx-gso-partial", false, true},
    {"tx-scatter-gather", false, false},
    {"tx-nocache-copy", false, false},
    {"tx-lockless", false, false},
    {"highdma", false, false},
    {"", false, false},
};

static void
test_features(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(features); i++)
        if (jn_nic_changes_received(features[i].name) != features[i].received ||
            jn_nic_changes_sent(features[i].name) != features[i].sent)
            fail_msg("%s", features[i].name);
}

static void
test_devices(void **state) {
    (void)state;
    static const char *const unfinished[] = {"net_af_xdp0,iface=a", "net_af_packet3,iface=a", "net_tap0,iface=t",
                                             "net_pcap0,iface=a", "net_pcap1,rx_iface=a,tx_pcap=/f"};
    static const char *const whole[] = {"0000:3b:00.0",
                                        "net_null0",
                                        "net_memif0,socket=/s",
                                        "net_vhost0,iface=/s",
                                        "net_pcap0,rx_pcap=/f,infinite_rx=1",
                                        ""};
    for (size_t i = 0; i < COUNT(unfinished); i++)
        assert_true(jn_nic_leaves_unfinished(unfinished[i]));
    for (size_t i = 0; i < COUNT(whole); i++)
        assert_false(jn_nic_leaves_unfinished(whole[i]));
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features),
        cmocka_unit_test(test_devices),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
