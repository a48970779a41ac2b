// SPDX-License-Identifier: BSD-3-Clause
// For tests of gates: three VPGs, the first with a gate, the second with one that redirects, the third with none.
#pragma once

#include "control_underlay.h"

#define GATE(id, vlan, vni)                                                                                            \
    "{\"id\":\"" id "\",\"vlan\":" vlan ",\"device_subnets\":[\"10.128.0.0/10\"],\"gate\":{\"vni\":" vni               \
    ",\"address\":\"10.254.0.1/16\",\"address_ipv6\":\"fd00:254::1/64\",\"mac\":\"02:00:00:00:00:01\",\"peers\":["     \
    "{\"outer\":\"198.18.0.20\",\"inner\":\"10.254.0.2\",\"description\":\"firewall\"},"                               \
    "{\"outer\":\"198.18.0.21\",\"inner\":\"10.254.0.3\",\"inner_ipv6\":\"fd00:254::3\"}]}"

static const char config[] =
    "{\"node\":\"test\",\"dataplane\":{\"ports\":[{\"name\":\"access0\",\"device\":\"net_null0\"},"
    "{\"name\":\"network0\",\"device\":\"net_null1\",\"addresses\":[\"198.18.0.1/24\",\"fd00:18::1/64\"]}],"
    "\"wires\":[{\"name\":\"wire0\",\"access\":\"access0\",\"network\":\"network0\"}]},\"sink\":{\"type\":\"stdout\"},"
    "\"vpgs\":[" GATE("first", "1", "10") "}," GATE(
        "second", "2",
        "20") ",\"redirection\":{\"gateway\":\"10.254.0.2\",\"standby\":\"10.254.0.3\",\"on_failure\":\"standby\"},"
              "\"rules\":[{\"redirect\":false}]},{\"id\":\"third\",\"vlan\":3}]}";
