// SPDX-License-Identifier: BSD-3-Clause
// What a process that junction run starts finds at its beginning.
#include <signal.h>
#include <sys/wait.h>

#include "process.h"
#include "test.h"

// Between its start and the moment from which it listens: a reload that comes too early is not lost, and ends nobody.
static void
test_a_hangup_ends_no_process_that_starts(void **state) {
    (void)state;
    struct arguments arguments = {0};
    int status;
    signals_block();
    arguments_add(&arguments, "sh");
    arguments_add(&arguments, "-c");
    arguments_add(&arguments, "kill -HUP $$ && exit 7");
    pid_t pid = process_start(&arguments, PROCESS_NONE, NULL);
    assert_true(pid > 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 7);
    arguments_free(&arguments);
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_hangup_ends_no_process_that_starts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
