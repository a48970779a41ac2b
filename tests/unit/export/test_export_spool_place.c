// SPDX-License-Identifier: BSD-3-Clause
// The directory of a sink's spool: made for junction-export, and nowhere else than where its path says.
#include "spool_place.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config_directory.h"
#include "place.h"
#include "test.h"

static const struct {
    const char *before; // in the directory, a command
    int result;
    const char *sentence;
    bool needs_root;
} rows[] = {
    {"true", 0, NULL, false},
    {"mkdir -m 755 spool", 0, NULL, false},
    {"mkdir -p -m 755 spool/i/kafka; chmod 700 spool/i/kafka", 0, NULL, false},
    {"mkdir -p -m 755 spool/i; chown junction-export spool/i", 0, NULL, true},
    {"mkdir -p -m 755 spool/i/kafka; chown junction-export spool spool/i spool/i/kafka", 0, NULL, true},
    {"mkdir elsewhere; ln -s elsewhere spool", -EPERM, "symbolic link", false},
    {"mkdir -m 755 spool elsewhere; ln -s ../elsewhere spool/i", -EPERM, "symbolic link", false},
    {"mkdir -p -m 755 spool/i elsewhere; ln -s ../../elsewhere spool/i/kafka", -EPERM, "symbolic link", false},
    {"mkdir -p -m 755 spool/i; ln -s ../../elsewhere spool/i/kafka", -EPERM, "symbolic link", false},
    {"touch spool", -EPERM, "no directory", false},
    {"mkdir -p -m 755 spool/i; touch spool/i/kafka", -EPERM, "no directory", false},
    {"mkdir -m 777 spool", -EPERM, "may be written by everybody", false},
    {"mkdir -m 1777 spool", 0, NULL, false},
    {"mkdir -p -m 755 spool/i; mkdir -m 1777 spool/i/kafka", -EPERM, "may be written by everybody", false},
    {"mkdir -p -m 755 spool/i; chown 65534 spool/i", -EPERM, "belongs to", true},
    {"mkdir -p -m 755 spool/i/kafka; chown 65534 spool/i/kafka", -EPERM, "belongs to", true},
};

static void
assert_made(const char *path, size_t row) {
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    if (!S_ISDIR(st.st_mode) || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        fail_msg("row %zu: mode %04o", row, st.st_mode);
    assert_int_equal(st.st_uid, geteuid() == 0 ? jn_place_owner(JN_WRITER_EXPORT) : geteuid());
}

static void
run(const char *format, const char *in) {
    char command[300];
    snprintf(command, sizeof(command), format, in);
    assert_int_equal(system(command), 0);
}

// Whoever starts it may have a umask by which nobody else could pass.
static void
test_only_there(void **state) {
    (void)state;
    bool can_chown = geteuid() == 0 && jn_place_owner(JN_WRITER_EXPORT) != 0;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char command[300], path[96], err[JN_ERR_MAX] = "";
        struct stat st;
        if (rows[i].needs_root && !can_chown)
            continue;
        snprintf(command, sizeof(command), "umask 022; cd %%s && { %s; }", rows[i].before);
        run(command, directory);
        snprintf(path, sizeof(path), "%s/spool/i/kafka", directory);
        mode_t mask = umask(077);
        int rc = spool_place_make(path, err);
        assert_int_equal(umask(mask), 077);
        if (rc != rows[i].result)
            fail_msg("row %zu: %d: %s", i, rc, err);
        if (rc == 0)
            assert_made(path, i);
        else
            assert_non_null(strstr(err, rows[i].sentence));
        snprintf(path, sizeof(path), "%s/spool", directory);
        if (rc == 0)
            assert_true(stat(path, &st) == 0 && (st.st_mode & 0555) == 0555);
        run("cd %s && test -z \"$(find elsewhere -mindepth 1 2>/dev/null)\" && rm -rf spool elsewhere", directory);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_only_there)};
    return cmocka_run_group_tests_name("export spool place", tests, make_directory, remove_directory);
}
