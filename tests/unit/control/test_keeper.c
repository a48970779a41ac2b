// SPDX-License-Identifier: BSD-3-Clause
// The keeper of the configuration file: policy is written back, and nothing that root acts on.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/config_load.h"
#include "config_directory.h"
#include "keeper.h"
#include "keeper_work.h"
#include "privilege.h"

static char err[JN_ERR_MAX];

#define DATAPLANE                                                                                                      \
    "\"dataplane\":{\"ports\":[{\"name\":\"a\",\"device\":\"net_null0\"},{\"name\":\"b\",\"device\":\"net_null1\"}],"  \
    "\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"b\"}]}"
#define STDOUT ",\"sink\":{\"type\":\"stdout\"}"
#define ONE    ",\"vpgs\":[{\"id\":\"one\",\"wire\":\"w\"}]"
#define TWO    ",\"vpgs\":[{\"id\":\"two\",\"wire\":\"w\"}]"

static const struct document_case {
    const char *name, *before, *after;
    const char *refused; // what the sentence has; NULL: it may be written
} cases[] = {
    {"a VPG is changed", "{" DATAPLANE STDOUT ONE "}", "{" DATAPLANE STDOUT TWO "}", NULL},
    {"the last VPG goes", "{" DATAPLANE STDOUT ONE "}", "{" DATAPLANE STDOUT "}", NULL},
    {"a first VPG comes", "{" DATAPLANE STDOUT "}", "{" DATAPLANE STDOUT ONE "}", NULL},
    {"the order of keys is no change", "{" DATAPLANE STDOUT ONE "}",
     "{\"sink\":{\"type\":\"stdout\"}," DATAPLANE TWO "}", NULL},
    {"another sink", "{" DATAPLANE STDOUT ONE "}",
     "{" DATAPLANE ",\"sink\":{\"type\":\"file\",\"file\":{\"path\":\"/etc/passwd\"}}" ONE "}", "sink"},
    {"a sink that was none", "{" DATAPLANE ONE "}", "{" DATAPLANE STDOUT ONE "}", "sink"},
    {"no sink any longer", "{" DATAPLANE STDOUT ONE "}", "{" DATAPLANE ONE "}", "sink"},
    {"a level of the log", "{" DATAPLANE STDOUT ONE "}", "{\"log_level\":\"debug\"," DATAPLANE STDOUT ONE "}",
     "log_level"},
    {"a socket elsewhere", "{" DATAPLANE STDOUT ONE "}",
     "{\"control\":{\"socket\":\"/tmp/s\"}," DATAPLANE STDOUT ONE "}", "control"},
    {"another device", "{" DATAPLANE STDOUT ONE "}",
     "{\"dataplane\":{\"ports\":[{\"name\":\"a\",\"device\":\"net_pcap0,tx_pcap=/etc/passwd\"},{\"name\":\"b\","
     "\"device\":\"net_null1\"}],\"wires\":[{\"name\":\"w\",\"access\":\"a\",\"network\":\"b\"}]}" STDOUT ONE "}",
     "dataplane"},
    {"the file is managed", "{\"managed\":true," DATAPLANE STDOUT ONE "}",
     "{\"managed\":true," DATAPLANE STDOUT TWO "}", "managed"},
    {"it takes the file over", "{" DATAPLANE STDOUT ONE "}", "{\"managed\":false," DATAPLANE STDOUT TWO "}", "managed"},
};

static void
test_what_may_be_written(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *before = json_loads(cases[i].before, 0, NULL), *after = json_loads(cases[i].after, 0, NULL);
        assert_non_null(before);
        assert_non_null(after);
        err[0] = '\0';
        int rc = keeper_check(before, after, err);
        if (rc != (cases[i].refused != NULL ? -EPERM : 0) ||
            (cases[i].refused != NULL && strstr(err, cases[i].refused) == NULL))
            fail_msg("%s: found %d (%s)", cases[i].name, rc, err);
        json_decref(before);
        json_decref(after);
    }
}

static void
write_file(const char *text) {
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(file, 0600), 0);
}

static int
keeper_write(struct keeper *keeper, const json_t *document, struct stat *st) {
    int rc = keeper_write_begin(keeper, document, err);
    return rc < 0 ? rc : keeper_write_commit(keeper, st, err);
}

// A process that is not root any longer: by the keeper it reads and writes what it cannot open.
static int
work_as_nobody(struct keeper *keeper) {
    struct jn_config_errors errors = {0};
    struct stat st, again;
    if (jn_privilege_change_user("nobody", 0, err) < 0 || open(file, O_RDONLY) >= 0)
        return 1;
    struct jn_config *config = keeper_load(keeper, &st, &errors);
    if (config == NULL || keeper_look(keeper, &again) != 0 || again.st_ino != st.st_ino)
        return 2;
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *after = json_loads(cases[i].after, 0, NULL);
        bool ours = strcmp(cases[i].before, cases[0].before) == 0 && cases[i].refused != NULL;
        if (ours && keeper_write(keeper, after, &again) != -EPERM)
            return 3;
        json_decref(after);
    }
    if (keeper_look(keeper, &again) != 0 || again.st_ino != st.st_ino)
        return 4;
    json_t *after = json_loads(cases[0].after, 0, NULL);
    if (keeper_write(keeper, after, &again) != 0 || again.st_ino == st.st_ino)
        return 5;
    keeper_stop(keeper);
    return 0;
}

static void
test_it_writes_for_who_cannot(void **state) {
    (void)state;
    struct stat st;
    int status;
    if (geteuid() != 0)
        skip();
    write_file(cases[0].before);
    pid_t pid = fork();
    if (pid == 0) {
        struct keeper keeper;
        int rc = keeper_start(&keeper, file, err) < 0 ? 10 : work_as_nobody(&keeper);
        if (rc != 0)
            fprintf(stderr, "step %d: %s\n", rc, err);
        _exit(rc);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_uid, 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    struct jn_config_errors errors = {0};
    struct jn_config *config = jn_config_load(file, &errors);
    assert_non_null(config);
    assert_string_equal(config->vpgs[0].id, "two");
    jn_config_free(config);
    jn_config_errors_free(&errors);
}

// Of a file that is not there the sentence is that of jn_config_load.
static void
test_errors_are_the_same(void **state) {
    (void)state;
    struct keeper keeper;
    struct stat st;
    struct jn_config_errors errors = {0}, wanted = {0};
    unlink(file);
    assert_int_equal(keeper_start(&keeper, file, err), 0);
    assert_null(keeper_load(&keeper, &st, &errors));
    assert_null(jn_config_load(file, &wanted));
    assert_int_equal(errors.count, 1);
    assert_string_equal(errors.text[0], wanted.text[0]);
    assert_int_equal(keeper_look(&keeper, &st), -ENOENT);
    jn_config_errors_free(&errors);
    jn_config_errors_free(&wanted);
    keeper_stop(&keeper);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_may_be_written),
        cmocka_unit_test(test_it_writes_for_who_cannot),
        cmocka_unit_test(test_errors_are_the_same),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
