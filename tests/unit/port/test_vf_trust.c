// SPDX-License-Identifier: BSD-3-Clause
// What rtnetlink says of virtual functions, in messages made here.
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/vf_trust.h"
#include "test.h"

static union {
    struct nlmsghdr head;
    char bytes[1024];
} message;

static struct rtattr *
begin(unsigned short type) {
    struct rtattr *a = (struct rtattr *)(void *)(message.bytes + NLMSG_ALIGN(message.head.nlmsg_len));
    *a = (struct rtattr){.rta_type = type, .rta_len = RTA_LENGTH(0)};
    message.head.nlmsg_len = NLMSG_ALIGN(message.head.nlmsg_len) + RTA_LENGTH(0);
    return a;
}

static void
end(struct rtattr *a) {
    a->rta_len = (unsigned short)(message.bytes + message.head.nlmsg_len - (char *)a);
}

static void
says(unsigned short type, uint32_t vf, uint32_t setting) {
    struct ifla_vf_trust value = {vf, setting};
    struct rtattr *a = begin(type);
    memcpy(RTA_DATA(a), &value, sizeof(value));
    message.head.nlmsg_len += sizeof(value);
    end(a);
}

// Functions 0, 1, ... as their digits say: trust, then check of sources; '-' the driver does not tell, ' ' no attribute.
static void
make_message(const char *functions) {
    memset(&message, 0, sizeof(message));
    message.head = (struct nlmsghdr){.nlmsg_type = RTM_NEWLINK, .nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg))};
    end(begin(IFLA_IFNAME));
    struct rtattr *list = begin(IFLA_VFINFO_LIST);
    for (uint32_t vf = 0; functions[2 * vf] != '\0'; vf++) {
        struct rtattr *one = begin(IFLA_VF_INFO);
        for (unsigned int i = 0; i < 2; i++)
            if (functions[2 * vf + i] != ' ')
                says(i == 0 ? IFLA_VF_TRUST : IFLA_VF_SPOOFCHK, vf,
                     functions[2 * vf + i] == '-' ? UINT32_MAX : (uint32_t)(functions[2 * vf + i] - '0'));
        end(one);
    }
    end(list);
}

static void
test_rights(void **state) {
    (void)state;
    static const struct {
        const char *functions;
        uint32_t number;
        bool distrusted, confined;
    } cases[] = {
        {"01", 0, true, true},     {"10", 0, false, false}, {"11", 0, false, true},    {"00", 0, true, false},
        {"--", 0, false, false},   {"  ", 0, false, false}, {"0110", 1, false, false}, {"1001", 1, true, true},
        {"1001", 2, false, false}, {"", 0, false, false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        make_message(cases[i].functions);
        struct jn_vf_rights rights = jn_vf_rights_in(&message, message.head.nlmsg_len, cases[i].number);
        if (rights.distrusted != cases[i].distrusted || rights.confined != cases[i].confined)
            fail_msg("\"%s\", function %u: %d %d", cases[i].functions, cases[i].number, rights.distrusted,
                     rights.confined);
        for (size_t cut = 0; cut < message.head.nlmsg_len; cut++)
            jn_vf_rights_in(&message, cut, cases[i].number); // nothing beyond is read
    }
}

static void
test_the_kernel_answers(void **state) {
    (void)state;
    struct jn_vf_rights rights = jn_vf_rights(&(struct jn_vf){.card = "lo"}); // which has none
    assert_false(rights.distrusted || rights.confined);
    rights = jn_vf_rights(&(struct jn_vf){.card = "nobody"});
    assert_false(rights.distrusted || rights.confined);
}

static void
test_whose_function(void **state) {
    (void)state;
    char root[] = "/tmp/jn-vf-XXXXXX", command[600];
    struct jn_vf vf;
    assert_non_null(mkdtemp(root));
    snprintf(command, sizeof(command),
             "set -e; cd %s; mkdir -p bus/pci/devices/0000:3b:02.1 bus/pci/devices/0000:3b:00.0/net/enp59s0f0; "
             "ln -s ../0000:3b:00.0 bus/pci/devices/0000:3b:02.1/physfn; cd bus/pci/devices/0000:3b:00.0; "
             "ln -s ../0000:3b:02.0 virtfn0; ln -s ../0000:3b:02.1 virtfn1",
             root);
    assert_int_equal(system(command), 0);
    assert_true(jn_vf_find(root, "0000:3b:02.1", &vf));
    assert_string_equal(vf.card, "enp59s0f0");
    assert_int_equal(vf.number, 1);
    assert_false(jn_vf_find(root, "0000:3b:00.0", &vf)); // the card itself
    assert_false(jn_vf_find(root, "0000:99:00.0", &vf));
    snprintf(command, sizeof(command), "rm -rf '%s'", root);
    assert_int_equal(system(command), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rights),
        cmocka_unit_test(test_the_kernel_answers),
        cmocka_unit_test(test_whose_function),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
