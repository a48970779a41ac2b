// SPDX-License-Identifier: BSD-3-Clause
// Regions in real shared memory: one writer, reuse after its death, and every wrong file refused with a sentence.
#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run_directory.h"
#include "shm.h"

#define SIZE   8192u
#define LAYOUT UINT64_C(0x1234)

static char instance[JN_INSTANCE_MAX];
static char err[JN_ERR_MAX];

static void
create(struct jn_shm *shm, bool reuse, int expected) {
    int rc = jn_shm_create(shm, instance, JN_REGION_RECORDS, SIZE, LAYOUT, false, reuse, err);
    if (rc != expected)
        fail_msg("create: expected %d, found %d (%s)", expected, rc, err);
}

static int
attach(struct jn_shm *shm) {
    err[0] = '\0';
    return jn_shm_attach(shm, instance, JN_REGION_RECORDS, SIZE, false, err);
}

static void
test_not_there_and_not_ready_are_refused(void **state) {
    (void)state;
    struct jn_shm writer, reader;
    assert_int_equal(attach(&reader), -ENOENT);
    create(&writer, true, 0);
    assert_int_equal(attach(&reader), -ENOENT); // being made
    jn_shm_ready(&writer);
    assert_int_equal(attach(&reader), 0);
    assert_true(jn_shm_writer_alive(&reader));
    assert_false(jn_shm_replaced(&reader, instance, JN_REGION_RECORDS));
    jn_shm_remove(&writer);
    assert_false(jn_shm_writer_alive(&reader));
    assert_true(jn_shm_replaced(&reader, instance, JN_REGION_RECORDS));
    jn_shm_detach(&reader);
}

static void
test_content_survives_a_killed_writer(void **state) {
    (void)state;
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct jn_shm shm;
        if (jn_shm_create(&shm, instance, JN_REGION_RECORDS, SIZE, LAYOUT, false, true, err) != 0)
            _exit(1);
        memcpy((char *)shm.base + 4096, "kept", 5);
        jn_shm_ready(&shm);
        if (write(ready[1], "r", 1) != 1)
            _exit(1);
        pause();
    }
    char byte;
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    struct jn_shm second, reader;
    create(&second, true, -EBUSY);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(attach(&reader), 0);
    assert_false(jn_shm_writer_alive(&reader));
    create(&second, true, 1);
    assert_string_equal((char *)second.base + 4096, "kept");
    assert_false(jn_shm_replaced(&reader, instance, JN_REGION_RECORDS));
    jn_shm_detach(&second);
    create(&second, false, 0);
    assert_true(jn_shm_replaced(&reader, instance, JN_REGION_RECORDS));
    assert_string_equal((char *)second.base + 4096, "");
    jn_shm_detach(&reader);
    jn_shm_remove(&second);
}

static void
test_wrong_headers_are_refused(void **state) {
    (void)state;
    static const struct {
        size_t offset, width;
    } fields[] = {
        {offsetof(struct jn_region_header, magic), 8},
        {offsetof(struct jn_region_header, abi_version), 4},
        {offsetof(struct jn_region_header, region), 4},
        {offsetof(struct jn_region_header, size), 8},
        {offsetof(struct jn_region_header, header_size), 4},
        {offsetof(struct jn_region_header, instance), JN_INSTANCE_MAX},
    };
    struct jn_shm writer, reader;
    create(&writer, false, 0);
    jn_shm_ready(&writer);
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        char good[JN_INSTANCE_MAX], *field = (char *)writer.base + fields[i].offset;
        memcpy(good, field, fields[i].width);
        memset(field, 0x5a, fields[i].width);
        if (attach(&reader) != -EPROTO || err[0] == '\0')
            fail_msg("header field at %zu: accepted", fields[i].offset);
        memcpy(field, good, fields[i].width);
    }
    assert_int_equal(truncate(writer.path, SIZE / 2), 0);
    assert_int_equal(attach(&reader), -EPROTO);
    assert_int_equal(truncate(writer.path, SIZE), 0);
    jn_shm_remove(&writer);
}

static void
test_instance_names(void **state) {
    (void)state;
    static const char *const bad[] = {"", "../x", "a b", "a/b", "0123456789012345678901234567890123"};
    struct jn_shm shm;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_int_equal(jn_shm_create(&shm, bad[i], JN_REGION_POLICY, SIZE, 0, false, false, err), -EINVAL);
        assert_int_equal(jn_shm_attach(&shm, bad[i], JN_REGION_POLICY, SIZE, false, err), -EINVAL);
    }
}

int
main(void) {
    snprintf(instance, sizeof(instance), "unit-%d", (int)getpid());
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_there_and_not_ready_are_refused),
        cmocka_unit_test(test_content_survives_a_killed_writer),
        cmocka_unit_test(test_wrong_headers_are_refused),
        cmocka_unit_test(test_instance_names),
    };
    return cmocka_run_group_tests_name("shm", tests, make_run_directory, remove_run_directory);
}
