// SPDX-License-Identifier: BSD-3-Clause
// Secrets in files and in the environment: values in, and sentences that never show them.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/config_load.h"
#include "log.h"
#include "secret.h"
#include "secret_file.h"
#include "secrets.h"
#include "test.h"

static char directory[] = "/tmp/junction-test-XXXXXX";

static const char *
path_of(const char *name) {
    static char path[96];
    snprintf(path, sizeof(path), "%s/%s", directory, name);
    return path;
}

static void
write_file(const char *name, const char *bytes, size_t length, mode_t mode) {
    const char *path = path_of(name);
    unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void
test_what_a_file_holds(void **state) {
    (void)state;
    static const struct {
        const char *bytes;
        size_t length;
        mode_t mode;
        const char *secret, *said; // behind the path
        const char *warning;       // before "the secret in"
    } rows[] = {
        {"hunter2", 7, 0400, "hunter2", NULL, ""},
        {"hunter2\n", 8, 0600, "hunter2", NULL, ""},
        {"hunter2\n\n", 9, 0440, "hunter2\n", NULL, ""},
        {" a\tb \r\n", 7, 0400, " a\tb \r", NULL, ""},
        {"", 0, 0400, NULL, "is empty; write the secret into it", ""},
        {"\n", 1, 0400, NULL, "is empty; write the secret into it", ""},
        {"a\0b", 3, 0400, NULL, "holds a NUL byte; expected text", ""},
        {"x", 1, 0444, "x", NULL, "everybody on this host can read "},
        {"x", 1, 0620, "x", NULL, "others than its owner can change "},
        {"x", 1, 0666, "x", NULL, "everybody on this host can read, and others than its owner can change "},
    };
    char sentence[JN_SENTENCE_MAX], warning[JN_SENTENCE_MAX], expected[JN_SENTENCE_MAX];
    for (size_t i = 0; i < COUNT(rows); i++) {
        write_file("secret", rows[i].bytes, rows[i].length, rows[i].mode);
        char *secret = secret_file_read(path_of("secret"), sentence, warning);
        if (rows[i].secret != NULL) {
            assert_non_null(secret);
            assert_string_equal(secret, rows[i].secret);
        } else {
            assert_null(secret);
            snprintf(expected, sizeof(expected), "%s: %s", path_of("secret"), rows[i].said);
            assert_string_equal(sentence, expected);
        }
        assert_memory_equal(warning, rows[i].warning, strlen(rows[i].warning));
        assert_int_equal(warning[0] == '\0', rows[i].warning[0] == '\0');
        jn_secret_forget(secret);
    }
}

static void
test_largest_file(void **state) {
    (void)state;
    char sentence[JN_SENTENCE_MAX], warning[JN_SENTENCE_MAX];
    char *bytes = malloc(SECRET_FILE_MAX + 1);
    memset(bytes, 's', SECRET_FILE_MAX + 1);
    write_file("large", bytes, SECRET_FILE_MAX, 0400);
    char *secret = secret_file_read(path_of("large"), sentence, warning);
    assert_non_null(secret);
    assert_int_equal(strlen(secret), SECRET_FILE_MAX);
    jn_secret_forget(secret);
    write_file("large", bytes, SECRET_FILE_MAX + 1, 0400);
    assert_null(secret_file_read(path_of("large"), sentence, warning));
    assert_non_null(strstr(sentence, "is larger than 65536 bytes"));
    free(bytes);
}

static void
expect_refused(const char *path, const char *what) {
    char sentence[JN_SENTENCE_MAX], warning[JN_SENTENCE_MAX];
    assert_null(secret_file_read(path, sentence, warning));
    if (strstr(sentence, what) == NULL || strstr(sentence, path) != sentence)
        fail_msg("expected %s, found %s", what, sentence);
}

// A pipe without a writer would be waited for, and /dev/zero has no end.
static void
test_what_is_no_file(void **state) {
    (void)state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    expect_refused(path_of("nosuch"), "is not there; write the secret into it");
    expect_refused(directory, "is a directory");
    expect_refused("/dev/zero", "is a device or a socket");
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    expect_refused(path_of("pipe"), "is a pipe");
    unlink(path_of("pipe"));
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path_of("socket"));
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    expect_refused(path_of("socket"), "is a device or a socket");
    close(fd);
    unlink(path_of("socket"));
    assert_int_equal(symlink("circle", path_of("circle")), 0);
    expect_refused(path_of("circle"), "leads round in a circle");
    unlink(path_of("circle"));
    write_file("plain", "x", 1, 0400);
    char below[160];
    snprintf(below, sizeof(below), "%s/below", path_of("plain"));
    expect_refused(below, "as if it were a directory");
}

#define HEAD                                                                                                           \
    "{\"dataplane\":{\"ports\":[{\"name\":\"a0\",\"device\":\"d0\"},{\"name\":\"n0\",\"device\":\"d1\"}],"             \
    "\"wires\":[{\"name\":\"w0\",\"access\":\"a0\",\"network\":\"n0\"}]},\n"
#define BROKER "\"type\":\"kafka\",\"properties\":{\"bootstrap.servers\":\"b\","

static void
check_as_in_check(struct jn_reader *reader, const struct jn_config_sink *sink, const struct jn_json_step *at) {
    (void)at;
    if (sink == reader->config->sinks)
        secrets_resolve(reader, SECRETS_CHECK);
}

// @ in the text stands for the directory. Sentences are a line each, a warning's begins with "warning: ".
static struct jn_config *
load(const char *text, mode_t mode, jn_sink_check *check, char said[2048]) {
    char file[4096] = "", path[160];
    struct jn_config_errors errors;
    for (const char *at = text; *at != '\0'; at++)
        snprintf(file + strlen(file), sizeof(file) - strlen(file), *at == '@' ? "%s" : "%.1s",
                 *at == '@' ? directory : at);
    write_file("junction.json", file, strlen(file), mode);
    snprintf(path, sizeof(path), "%s", path_of("junction.json"));
    struct jn_config *config = jn_config_load_checked(path, check, &errors);
    said[0] = '\0';
    for (size_t i = 0; i < errors.count; i++)
        snprintf(said + strlen(said), 2048 - strlen(said), "%s\n", errors.text[i]);
    for (size_t i = 0; i < errors.warning_count; i++)
        snprintf(said + strlen(said), 2048 - strlen(said), "warning: %s\n", errors.warning[i]);
    jn_config_errors_free(&errors);
    return config;
}

static void
test_values_reach_their_sinks(void **state) {
    (void)state;
    char said[2048], *variable = NULL;
    write_file("pw", "hunter2222\n", 11, 0400);
    setenv("JN_TEST_TOKEN", "Bearer token-from-env", 1);
    variable = getenv("JN_TEST_TOKEN");
    struct jn_config *c =
        load(HEAD "\"sinks\":[{" BROKER "\"sasl.password\":{\"$file\":\"@/pw\"},\"client.id\":\"me\"}},"
                  "{\"elasticsearch\":{\"urls\":[\"https://e\"],\"username\":\"u\",\"password\":{\"$"
                  "file\":\"@/pw\"}}},\n{\"name\":\"h\",\"type\":\"http\",\"http\":{\"url\":\"https://"
                  "h\",\"headers\":{\"Authorization\":{\"$env\":\"JN_TEST_TOKEN\"},\"X-Too\":{\"$env\""
                  ":\"JN_TEST_TOKEN\"}}}}]}",
             0600, secrets_resolve_at_start, said);
    assert_string_equal(said, "");
    assert_non_null(c);
    assert_string_equal(c->sinks[0].properties[1].value, "hunter2222");
    assert_string_equal(c->sinks[0].properties[2].value, "me");
    assert_string_equal(c->sinks[1].elasticsearch.password.value, "hunter2222");
    assert_string_equal(c->sinks[2].http.headers[0].value, "Bearer token-from-env");
    assert_string_equal(c->sinks[2].http.headers[1].value, "Bearer token-from-env"); // two may name one
    // Taken out of the environment, whose bytes /proc shows.
    assert_null(getenv("JN_TEST_TOKEN"));
    assert_string_equal(variable, "");
    // The document keeps the place alone.
    char *written = json_dumps(c->document, 0);
    assert_null(strstr(written, "hunter2222"));
    assert_null(strstr(written, "token-from-env"));
    free(written);
    struct rlimit limit;
    assert_int_equal(getrlimit(RLIMIT_CORE, &limit), 0);
    assert_int_equal(limit.rlim_max, 0);
    jn_config_free(c);
    secrets_forget();
}

static const struct {
    const char *text;
    mode_t mode;
    bool check; // as `junction check`, not at the start
    const char *said;
} rows[] = {
    {HEAD "\"sink\":{" BROKER "\n\"sasl.password\":{\"$file\":\"@/nosuch\"}}}}", 0600, false,
     "sink.properties[\"sasl.password\"]: @/nosuch: is not there; write the secret into it, or name the file that has "
     "it (line 3)\n"},
    {HEAD "\"sink\":{" BROKER "\"sasl.password\":{\"$file\":\"@/open\"}}}}", 0600, false,
     "warning: sink.properties[\"sasl.password\"]: everybody on this host can read the secret in @/open (mode 0644); "
     "chmod 0400 it (line 2)\n"},
    {HEAD "\"sink\":{" BROKER "\"x\":{\"$env\":\"JN_TEST_NONE\"},\n\"y\":{\"$env\":\"JN_TEST_EMPTY\"}}}}", 0600, false,
     "sink.properties.x: the variable JN_TEST_NONE is not set; set it where Junction is started (line 2)\n"
     "sink.properties.y: the variable JN_TEST_EMPTY is empty; set it where Junction is started (line 3)\n"},
    {HEAD "\"sink\":{" BROKER "\"x\":{\"$env\":\"JN_TEST_NONE\"}}}}", 0600, true,
     "warning: sink.properties.x: the variable JN_TEST_NONE is not set here; set it where Junction is started (line "
     "2)\n"},
    // What stands in the file itself.
    {HEAD "\"sink\":{" BROKER "\"sasl.password\":\"hunter2222\"}}}", 0640, false, ""},
    {HEAD "\"sink\":{" BROKER "\"sasl.password\":\"hunter2222\"}}}", 0644, false,
     "warning: sink.properties[\"sasl.password\"]: a secret stands here, and everybody on this host can read "
     "@/junction.json; use {\"$file\": PATH} (line 2)\n"},
    // Lines of HTTP that a secret would break.
    {HEAD "\"sink\":{\"type\":\"http\",\"http\":{\"url\":\"https://h\",\"headers\":{\"X\":{\"$file\":\"@/lines\"}}}}}",
     0600, false,
     "sink.http.headers[\"X\"]: the secret in @/lines holds a control character, such as a line's end; expected one "
     "line "
     "(line 2)\n"},
    {HEAD "\"sink\":{" BROKER "\"ssl.key.pem\":{\"$file\":\"@/lines\"}}}}", 0600, false, ""},
    {HEAD "\"sink\":{\"elasticsearch\":{\"urls\":[\"https://e\"],\"password\":\"p\",\"username\":{\"$file\":\"@/"
          "colon\"}}}}",
     0600, false,
     "sink.elasticsearch.username: holds a colon, which HTTP's basic authentication cannot carry (line 2)\n"},
    // Who may change the configuration could have any file of ours read.
    {HEAD "\"sink\":{" BROKER "\"x\":{\"$file\":\"@/open\"}}}}", 0666, false,
     "sink.properties.x: no file is read for whoever may change this one: @/junction.json: may be written by others "
     "(mode 0666); let nobody else write it (line 2)\n"},
};

static void
test_sentences(void **state) {
    (void)state;
    char said[2048];
    write_file("open", "hunter2222", 10, 0644);
    write_file("lines", "hunter2222\r\nX: y", 16, 0400);
    write_file("colon", "hunter:2222", 11, 0400);
    setenv("JN_TEST_EMPTY", "", 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char expected[2048] = "";
        for (const char *at = rows[i].said; *at != '\0'; at++)
            snprintf(expected + strlen(expected), sizeof(expected) - strlen(expected), *at == '@' ? "%s" : "%.1s",
                     *at == '@' ? directory : at);
        struct jn_config *c =
            load(rows[i].text, rows[i].mode, rows[i].check ? check_as_in_check : secrets_resolve_at_start, said);
        assert_string_equal(said, expected);
        assert_null(strstr(said, "hunter"));
        assert_int_equal(c == NULL, strncmp(expected, "sink.", 5) == 0);
        jn_config_free(c);
        secrets_forget();
    }
}

static void
test_values_are_hidden(void **state) {
    (void)state;
    static const struct {
        const char *sentence, *hidden;
    } table[] = {
        {"", ""},
        {"nothing in it", "nothing in it"},
        {"bad value hunter2222: hunter2222", "bad value ***: ***"},
        {"xhunter2222y", "x***y"},
        {"hunter222", "***"}, // cut short
        {"hunter22 comes", "hunter22 comes"},
        {"1234 and 12345, x1234", "*** and 12345, x1234"}, // a short one is hidden as a word alone
        {"abc", "abc"},                                    // one that is too short is none
    };
    char said[2048], line[128];
    struct jn_config *c = load(HEAD "\"sink\":{" BROKER "\"sasl.password\":\"hunter2222\",\"a.password\":\"1234\","
                                    "\"b.password\":\"abc\"}}}",
                               0600, secrets_resolve_at_start, said);
    for (size_t i = 0; i < COUNT(table); i++) {
        snprintf(line, sizeof(line), "%s", table[i].sentence);
        secrets_hide(line);
        assert_string_equal(line, table[i].hidden);
    }
    jn_config_free(c);
    // Also once the configuration has gone, and in whatever is logged.
    int saved = dup(STDERR_FILENO), log = open(path_of("log"), O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(log, STDERR_FILENO);
    jn_log(JN_LOG_ERROR, "somebody says hunter2222\nagain\x1b[2J\x7f");
    jn_log(JN_LOG_ERROR, "%1000s", "hunter2222");
    dup2(saved, STDERR_FILENO);
    char text[2048];
    ssize_t length = pread(log, text, sizeof(text) - 1, 0);
    text[length] = '\0';
    assert_non_null(strstr(text, "somebody says *** again [2J \n"));
    assert_null(strstr(text, "hunter"));
    close(log);
    close(saved);
    secrets_forget();
    snprintf(line, sizeof(line), "hunter2222");
    secrets_hide(line);
    assert_string_equal(line, "hunter2222");
}

static int
make_directory(void **state) {
    (void)state;
    return mkdtemp(directory) == NULL;
}

static int
remove_directory(void **state) {
    static const char *const names[] = {"secret", "large", "plain", "pw",           "open",
                                        "lines",  "colon", "log",   "junction.json"};
    (void)state;
    for (size_t i = 0; i < COUNT(names); i++)
        unlink(path_of(names[i]));
    return rmdir(directory);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_file_holds), cmocka_unit_test(test_largest_file),
        cmocka_unit_test(test_what_is_no_file),   cmocka_unit_test(test_values_reach_their_sinks),
        cmocka_unit_test(test_sentences),         cmocka_unit_test(test_values_are_hidden),
    };
    return cmocka_run_group_tests(tests, make_directory, remove_directory);
}
