// SPDX-License-Identifier: BSD-3-Clause
// The redirect stage: frames by the wire in, against what scapy built for the tunnel, for the sender, or for the wire.
// test_redirect FILE: writes every frame that leaves into a capture as well.
#include "test.h"
#include "vectors/redirect_vectors.h"

static FILE *capture;

static void
test_out(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(out_vectors); i++)
        vector_play(&out_vectors[i], capture);
}

static void
test_what_stays(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(stay_vectors); i++)
        vector_play(&stay_vectors[i], capture);
}

static void
test_hosts(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(host_vectors); i++)
        vector_play(&host_vectors[i], capture);
}

int
main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_out),
        cmocka_unit_test(test_what_stays),
        cmocka_unit_test(test_hosts),
    };
    capture = capture_open(argc, argv);
    rig_start_dpdk();
    int failed = cmocka_run_group_tests_name("redirect", tests, NULL, NULL);
    return capture != NULL && fclose(capture) != 0 ? 1 : failed;
}
