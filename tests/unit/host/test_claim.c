// SPDX-License-Identifier: BSD-3-Clause
// NICs have one owner, whatever instance, and claims end with it.
#include "host/claim.h"

#include <dirent.h>
#include <errno.h>

#include "run_directory.h"

static unsigned int
claims_there(void) {
    char path[128];
    unsigned int count = 0;
    snprintf(path, sizeof(path), "%s/.claims", run_dir);
    DIR *directory = opendir(path);
    assert_non_null(directory);
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(directory);
    return count;
}

static void
test_nics(void **state) {
    (void)state;
    char err[JN_ERR_MAX] = "";
    struct jn_nic_claims first = {0}, second = {0};
    struct jn_options a = {.port_count = 3, .ports = {{.name = "x"}, {.name = "y"}, {.name = "z"}}}, b = a;
    strcpy(a.ports[0].device, "0000:03:00.0");
    strcpy(a.ports[1].device, "net_null0");
    strcpy(a.ports[2].device, "0000:03:00.1,arg=1");
    strcpy(b.ports[0].device, "0000:04:00.0");
    strcpy(b.ports[1].device, "net_null0");
    strcpy(b.ports[2].device, "03:00.1");
    assert_int_equal(jn_instance_make("claims", false, err), 0);
    assert_int_equal(jn_nic_claims_take(&first, &a, err), 0);
    assert_int_equal(claims_there(), 2);
    assert_int_equal(jn_nic_claims_take(&second, &b, err), -EBUSY);
    assert_string_equal(err, "port z: NIC 0000:03:00.1 is in use by another junction-dataplane");
    assert_int_equal(claims_there(), 2); // of the second none is left
    jn_nic_claims_give_back(&first);
    assert_int_equal(claims_there(), 0);
    assert_int_equal(jn_nic_claims_take(&second, &b, err), 0);
    assert_int_equal(claims_there(), 2);
    jn_nic_claims_give_back(&second);
}

// A killed process leaves files, but no claim.
static void
test_left(void **state) {
    (void)state;
    char err[JN_ERR_MAX] = "";
    assert_int_equal(jn_instance_make("claims", false, err), 0);
    int claim = jn_claim_take("pci-0000:03:00.0", err);
    assert_true(claim >= 0);
    assert_int_equal(jn_claim_take("pci-0000:03:00.0", err), -EBUSY);
    close(claim);
    assert_int_equal(claims_there(), 1);
    claim = jn_claim_take("pci-0000:03:00.0", err);
    assert_true(claim >= 0);
    jn_claim_give_back(claim);
    jn_claim_give_back(-1);
    assert_int_equal(claims_there(), 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_nics, make_run_directory, remove_run_directory),
        cmocka_unit_test_setup_teardown(test_left, make_run_directory, remove_run_directory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
