// SPDX-License-Identifier: BSD-3-Clause
// The file written back, and what of a change needs a restart.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "config/config_load.h"
#include "config/config_restart.h"
#include "config/config_write.h"
#include "config_directory.h"
#include "config_text.h"

static char err[JN_ERR_MAX];

// fsync and rename of this program: those of the C library, until one is to fail.
static int fsyncs, failing_fsync, renames_fail; // failing_fsync: which, from 1; 0: none

int
fsync(int fd) {
    if (++fsyncs == failing_fsync) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int
rename(const char *from, const char *to) {
    if (renames_fail) {
        errno = EROFS;
        return -1;
    }
    return renameat(AT_FDCWD, from, AT_FDCWD, to);
}

static int
write_document(const json_t *document, const char *path) {
    struct jn_config_writing w;
    int rc = jn_config_write_begin(&w, document, path, err);
    return rc < 0 ? rc : jn_config_write_commit(&w, err);
}

static void
expect_content(const char *text) {
    char content[1024] = "";
    FILE *f = fopen(file, "r");
    assert_non_null(f);
    size_t length = fread(content, 1, sizeof(content) - 1, f);
    fclose(f);
    assert_int_equal(length, strlen(text));
    assert_string_equal(content, text);
}

static void
test_keys_keep_their_order(void **state) {
    (void)state;
    json_t *document = json_loads("{\"z\": 1, \"a\": {\"y\": [true, 0.1], \"b\": \"\\u00e4\"}, \"m\": []}", 0, NULL);
    json_object_set_new(json_object_get(document, "a"), "y", json_integer(5));
    assert_int_equal(write_document(document, file), 0);
    expect_content("{\n  \"z\": 1,\n  \"a\": {\n    \"y\": 5,\n    \"b\": \"\u00e4\"\n  },\n  \"m\": []\n}\n");
    json_decref(document);
}

static void
test_what_is_written_is_read_again(void **state) {
    (void)state;
    struct jn_config_errors errors;
    struct jn_config *first = jn_config_load(JN_SOURCE_ROOT "/docs/examples/full.json", &errors);
    assert_non_null(first);
    jn_config_errors_free(&errors);
    assert_int_equal(write_document(first->document, file), 0);
    struct jn_config *second = jn_config_load(file, &errors);
    assert_non_null(second);
    jn_config_errors_free(&errors);
    char *before = json_dumps(first->document, 0), *after = json_dumps(second->document, 0);
    assert_string_equal(before, after);
    free(before);
    free(after);
    jn_config_free(first);
    jn_config_free(second);
}

static void
test_mode_owner_and_link_are_kept(void **state) {
    (void)state;
    struct stat st;
    char link[160], target[160] = "";
    json_t *document = json_pack("{sb}", "managed", 1);
    assert_int_equal(write_document(document, file), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0640);
    assert_int_equal(chmod(file, 0604), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(file, 65534, 65534), 0);
    snprintf(link, sizeof(link), "%s/link", directory);
    assert_int_equal(symlink("junction.json", link), 0);
    json_object_set_new(document, "managed", json_false());
    assert_int_equal(write_document(document, link), 0);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0604);
    assert_int_equal(st.st_uid, geteuid() == 0 ? 65534 : geteuid());
    assert_true(readlink(link, target, sizeof(target) - 1) > 0);
    assert_string_equal(target, "junction.json");
    expect_content("{\n  \"managed\": false\n}\n");
    json_decref(document);
}

static void
test_what_cannot_be_written(void **state) {
    (void)state;
    char path[128], expected[JN_ERR_MAX];
    json_t *document = json_object();
    snprintf(path, sizeof(path), "%s/missing/junction.json", directory);
    assert_int_equal(write_document(document, path), -ENOENT);
    snprintf(expected, sizeof(expected), "%s: no temporary file can be made beside it: No such file or directory",
             path);
    assert_string_equal(err, expected);
    assert_int_equal(mkdir(file, 0755), 0);
    assert_int_equal(write_document(document, file), -EISDIR);
    snprintf(expected, sizeof(expected), "%s: cannot be replaced: Is a directory", file);
    assert_string_equal(err, expected);
    assert_int_equal(rmdir(file), 0);
    json_decref(document);
}

// Whatever fails, what is on disk is what the answer says, and nothing is left beside it.
static void
test_every_failure_is_told_apart(void **state) {
    static const struct {
        int failing_fsync, renames_fail, begin, commit;
        bool replaced;
        const char *sentence; // after the path
    } rows[] = {
        {0, 0, 0, 0, true, ""},
        {1, 0, -EIO, 0, false, "/junction.json: cannot be written: Input/output error"},
        {0, 1, 0, -EROFS, false, "/junction.json: cannot be replaced: Read-only file system"},
        {2, 0, 0, 1, true,
         "/: cannot be synchronised: the change is there, but may not outlive a loss of power: Input/output error"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_config_writing w;
        char expected[JN_ERR_MAX];
        json_t *before = json_pack("{sb}", "managed", 0), *after = json_pack("{sb}", "managed", 1);
        assert_int_equal(write_document(before, file), 0);
        fsyncs = 0;
        failing_fsync = rows[i].failing_fsync;
        renames_fail = rows[i].renames_fail;
        assert_int_equal(jn_config_write_begin(&w, after, file, err), rows[i].begin);
        expect_content("{\n  \"managed\": false\n}\n");
        if (rows[i].begin == 0)
            assert_int_equal(jn_config_write_commit(&w, err), rows[i].commit);
        failing_fsync = renames_fail = 0;
        expect_content(rows[i].replaced ? "{\n  \"managed\": true\n}\n" : "{\n  \"managed\": false\n}\n");
        snprintf(expected, sizeof(expected), "%s%s", directory, rows[i].sentence);
        if (rows[i].sentence[0] != '\0')
            assert_string_equal(err, expected);
        json_decref(before);
        json_decref(after);
    }
}

static void
test_an_abandoned_change_leaves_nothing(void **state) {
    (void)state;
    struct jn_config_writing w;
    json_t *before = json_pack("{sb}", "managed", 0), *after = json_pack("{sb}", "managed", 1);
    assert_int_equal(write_document(before, file), 0);
    assert_int_equal(jn_config_write_begin(&w, after, file, err), 0);
    jn_config_write_abandon(&w);
    expect_content("{\n  \"managed\": false\n}\n");
    json_decref(before);
    json_decref(after);
}

#define WITH(top, plane)                                                                                               \
    "{" top "'dataplane':{" plane "'ports':[{'name':'a','device':'x'},{'name':'b','device':'y'}],"                     \
    "'wires':[{'name':'w','access':'a','network':'b'}]}}"

static const struct {
    const char *before, *after, *paths;
} changes[] = {
    {WITH("", ""), WITH("", ""), ""},
    {WITH("", ""), WITH("'log_level':'debug','managed':true,'inspection':{'top_flows':1},'vpgs':[{'id':'v'}],", ""),
     ""},
    {WITH("", ""), WITH("'sink':{},'control':{},", "'mbufs':0,'hugepages':true,'idle':{'mode':'sleep'},"), ""},
    {WITH("'sink':{'properties':{'a':1}},", ""), WITH("'sink':{'properties':{'a':2}},", ""), "sink.properties"},
    {WITH("", ""), WITH("", "'memory_mb':1024,'idle':{'max_sleep_us':51},"),
     "dataplane.memory_mb, dataplane.idle.max_sleep_us"},
    {WITH("'node':'a',", "'worker_cores':[1,2],"), WITH("'node':'b',", "'worker_cores':[1,3],"),
     "node, dataplane.worker_cores[1]"},
    {WITH("", ""), WITH("", "'worker_cores':[1,3],"), "dataplane.worker_cores"},
    {WITH("", ""), WITH("'control':{'socket':'/s'},'sink':{'type':'file','file':{'path':'/f'}},", ""),
     "control.socket, sink.type, sink.file.path"},
    {WITH("", ""),
     PORTS("'ports':[{'name':'a','device':'x','mtu':1500},{'name':'c','device':'y'}],"
           "'wires':[{'name':'w','access':'a','network':'c'}]"),
     "dataplane.ports[0].mtu, dataplane.ports[1].name, dataplane.wires[0].network"},
    {WITH("", ""),
     PORTS("'ports':[{'name':'a','device':'x'},{'name':'b','device':'y'},{'name':'c','device':'z'}],"
           "'wires':[{'name':'w','access':'a','network':'b'}]"),
     "dataplane.ports"},
    {WITH("", ""),
     PORTS("'ports':[{'name':'a','device':'x'},{'name':'b','device':'y','vlan':7,'addresses':['198.18.0.1/24'],"
           "'routes':[{'to':'0.0.0.0/0','via':'198.18.0.254'}]}],'wires':[{'name':'w','access':'a','network':'b'}]"),
     ""},
};

static struct jn_config *
accept(const char *text) {
    struct jn_config_errors errors;
    struct jn_config *config = parse_text(text, &errors);
    if (config == NULL)
        fail_msg("%s", errors.text[0]);
    jn_config_errors_free(&errors);
    return config;
}

static void
test_restart(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        char paths[256], back[256], little[20];
        struct jn_config *before = accept(changes[i].before), *after = accept(changes[i].after);
        bool needed = changes[i].paths[0] != '\0';
        assert_int_equal(jn_config_needs_restart(before, after, paths, sizeof(paths)), needed);
        assert_string_equal(paths, changes[i].paths);
        assert_int_equal(jn_config_needs_restart(after, before, back, sizeof(back)), needed);
        assert_string_equal(back, changes[i].paths);
        assert_int_equal(jn_config_needs_restart(before, after, little, sizeof(little)), needed);
        assert_memory_equal(little, changes[i].paths, strlen(little)); // whole paths only
        jn_config_free(before);
        jn_config_free(after);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keys_keep_their_order, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_what_is_written_is_read_again, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_mode_owner_and_link_are_kept, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_what_cannot_be_written, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_every_failure_is_told_apart, make_directory, remove_directory),
        cmocka_unit_test_setup_teardown(test_an_abandoned_change_leaves_nothing, make_directory, remove_directory),
        cmocka_unit_test(test_restart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
