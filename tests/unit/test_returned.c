// SPDX-License-Identifier: BSD-3-Clause
// The return path: frames of peers in, against what scapy built for the wire, or each refusal under its name.
// test_returned FILE: writes every frame that leaves into a capture as well.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "redirect_vectors.h"

static FILE *capture;

static void
test_back(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(back_vectors); i++)
        vector_play(&back_vectors[i], capture);
}

static void
test_fragments(void **state) {
    (void)state;
    for (size_t i = 0; i < VECTOR_COUNT(fragment_vectors); i++)
        vector_play(&fragment_vectors[i], capture);
}

int
main(int argc, char **argv) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_back),
        cmocka_unit_test(test_fragments),
    };
    capture = vector_capture(argc, argv);
    rig_start_dpdk();
    int failed = cmocka_run_group_tests_name("returned", tests, NULL, NULL);
    return capture != NULL && fclose(capture) != 0 ? 1 : failed;
}
