// SPDX-License-Identifier: BSD-3-Clause
// What librdkafka says of properties: path, line and its reason, without a connection.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/config_load.h"
#include "export_confine.h"
#include "kafka_check.h"
#include "privilege.h"
#include "sink.h"
#include "test.h"
#include "users.h"

#define FILE_TEXT                                                                                                      \
    "{\"dataplane\":{\"ports\":[{\"name\":\"a0\",\"device\":\"d0\"},{\"name\":\"n0\",\"device\":\"d1\"}],"             \
    "\"wires\":[{\"name\":\"w0\",\"access\":\"a0\",\"network\":\"n0\"}]},\n"                                           \
    "\"sink\":{\"type\":\"%s\",\"properties\":{\"bootstrap.servers\":\"127.0.0.1:1\",\n%s}}}"

struct row {
    const char *properties, *said; // lines; a warning begins with "warning: "
};

static const struct row rows[] = {
    {"\"linger.ms\":5,\n\"compression.codec\":\"zstd\"", ""},
    {"\"compression.kodec\":\"lz4\"",
     "sink.properties[\"compression.kodec\"]: No such configuration property: \"compression.kodec\" (line 3)\n"},
    {"\"linger.ms\":5,\n\"partitioner\":\"nn\"",
     "sink.properties.partitioner: Invalid value for configuration property \"partitioner\": nn (line 4)\n"},
    {"\"debug\":\"foo\",\n\"compression.kodec\":1",
     "sink.properties.debug: Invalid value \"foo\" for configuration property \"debug\" (line 3)\n"
     "sink.properties[\"compression.kodec\"]: No such configuration property: \"compression.kodec\" (line 4)\n"},
    {"\"max.in.flight\":100", "sink.properties[\"max.in.flight\"]: `max.in.flight` must be set <= 5 when "
                              "`enable.idempotence` is true (line 3)\n"},
    {"\"linger.ms\":5,\n\"max.in.flight.requests.per.connection\":6",
     "sink.properties[\"max.in.flight.requests.per.connection\"]: `max.in.flight` must be set <= 5 when "
     "`enable.idempotence` is true (line 4)\n"},
    {"\"retries\":0",
     "sink.properties.retries: `retries` must be set >= 1 when `enable.idempotence` is true (line 3)\n"},
    {"\"group.id\":\"x\"", "warning: sink.properties[\"group.id\"]: Configuration property group.id is a consumer "
                           "property and will be ignored by this producer instance (line 3)\n"},
};

// The beginnings alone: what OpenSSL says is its own.
static const struct row beginnings[] = {
    {"\"security.protocol\":\"ssl\",\n\"ssl.ca.location\":\"/nonexistent\"",
     "sink.properties[\"ssl.ca.location\"]: ssl.ca.location failed: "},
    {"\"security.protocol\":\"sasl_ssl\",\n\"sasl.mechanism\":\"PLAIN\"", "sink.properties: sasl.username"},
};

static void
check(const char *type, const char *properties, char *said, size_t size) {
    struct jn_config_errors errors;
    char path[] = "/tmp/junction-test-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0 && dprintf(fd, FILE_TEXT, type, properties) > 0);
    struct jn_config *config = jn_config_load_checked(path, kafka_check, &errors);
    said[0] = '\0';
    for (size_t i = 0; i < errors.count; i++)
        snprintf(said + strlen(said), size - strlen(said), "%s\n", errors.text[i]);
    for (size_t i = 0; i < errors.warning_count; i++)
        snprintf(said + strlen(said), size - strlen(said), "warning: %s\n", errors.warning[i]);
    assert_int_equal(config == NULL, errors.count > 0);
    jn_config_errors_free(&errors);
    jn_config_free(config);
    close(fd);
    unlink(path);
}

static void
test_librdkafka_is_asked(void **state) {
    (void)state;
    char said[2048];
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        check("kafka", rows[i].properties, said, sizeof(said));
        assert_string_equal(said, rows[i].said);
    }
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        check("kafka", beginnings[i].properties, said, sizeof(said));
        if (strncmp(said, beginnings[i].said, strlen(beginnings[i].said)) != 0)
            fail_msg("expected \"%s...\", found \"%s\"", beginnings[i].said, said);
    }
    check("kafka", beginnings[0].properties, said, sizeof(said));
    assert_non_null(strstr(said, "(/nonexistent: No such file or directory) (line 4)\n"));
}

// Properties that wait for another type of sink are looked at, too: they are in force with one word's change.
static void
test_properties_of_another_sink(void **state) {
    (void)state;
    char said[2048];
    check("stdout", rows[1].properties, said, sizeof(said));
    assert_string_equal(said, rows[1].said);
}

// The exit status of a check in a process of its own, which may become another user; 4 for one that stayed root.
static int
check_file_apart(const char *path) {
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
        dup2(null, STDERR_FILENO);
        int rc = kafka_check_file(path);
        _exit(geteuid() == jn_writer_uid(JN_WRITER_EXPORT) ? rc : 4);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

// A configuration that only root reads is read; a file that only root reads is out of the exporter's reach.
static void
test_files_are_read_as_the_exporter(void **state) {
    (void)state;
    static const struct {
        mode_t mode; // of the certificates' file
        int status;
    } cases[] = {{0644, 0}, {0600, 1}};
    char path[] = "/tmp/junction-test-XXXXXX", certificates[] = "/tmp/junction-test-XXXXXX", properties[256];
    if (geteuid() != 0 || jn_writer_uid(JN_WRITER_EXPORT) == 0 ||
        access("/etc/ssl/certs/ca-certificates.crt", R_OK) < 0)
        skip();
    int fd = mkstemp(path), copy = mkstemp(certificates), from = open("/etc/ssl/certs/ca-certificates.crt", O_RDONLY);
    assert_true(fd >= 0 && copy >= 0 && from >= 0);
    char block[4096];
    for (ssize_t n; (n = read(from, block, sizeof(block))) > 0;)
        assert_int_equal(write(copy, block, (size_t)n), n);
    snprintf(properties, sizeof(properties), "\"security.protocol\":\"ssl\",\"ssl.ca.location\":\"%s\"", certificates);
    assert_true(dprintf(fd, FILE_TEXT, "kafka", properties) > 0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(fchmod(copy, cases[i].mode), 0);
        assert_int_equal(check_file_apart(path), cases[i].status);
    }
    close(fd), close(copy), close(from);
    unlink(path);
    unlink(certificates);
}

// Is there a thread of librdkafka's, which blocks all other signals, in which SIGSYS is not blocked?
static bool
sigsys_is_heard(void) {
    char path[300], line[128];
    bool heard = false;
    DIR *threads = opendir("/proc/self/task");
    assert_non_null(threads);
    for (const struct dirent *entry; (entry = readdir(threads)) != NULL;) {
        snprintf(path, sizeof(path), "/proc/self/task/%s/status", entry->d_name);
        FILE *file = entry->d_name[0] != '.' ? fopen(path, "r") : NULL;
        while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
            uint64_t blocked = strncmp(line, "SigBlk:", 7) == 0 ? strtoull(line + 7, NULL, 16) : 0;
            heard |= (blocked >> (SIGTERM - 1) & 1) && !(blocked >> (SIGSYS - 1) & 1);
        }
        if (file != NULL)
            fclose(file);
    }
    closedir(threads);
    return heard;
}

// Which system call ended the process is said by a handler of SIGSYS.
static void
test_who_resolves_names_can_say_what_it_called(void **state) {
    (void)state;
    struct jn_config_property property = {.name = (char *)"bootstrap.servers", .value = (char *)"localhost:1"};
    const struct jn_config_sink config = {
        .type = JN_SINK_KAFKA, .properties = &property, .property_count = 1, .topic_flow = "f", .topic_summary = "s"};
    char err[JN_ERR_MAX];
    static struct jn_sink_view view = {.name = "kafka"};
    struct sink *sink = sink_kafka.open(&config, &view, err);
    assert_non_null(sink);
    while (!sigsys_is_heard()) // until it comes to resolving
        sched_yield();
    sink->operations->close(sink);
}

// Behind the filter: what resolvers of the C library and of systemd do. Netlink asks the kernel alone.
static void
test_resolvers_may_ask(void **state) {
    (void)state;
    static const socklen_t lengths[] = {sizeof(struct sockaddr_nl), sizeof(struct sockaddr)};
    char err[JN_ERR_MAX];
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        struct sockaddr_storage address = {.ss_family = AF_NETLINK};
        if (jn_privilege_begin(err) < 0 || export_confine_calls(true, err) < 0)
            _exit(1);
        for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
            int fd = socket(AF_NETLINK, SOCK_RAW, 0);
            if (fd < 0 || bind(fd, (struct sockaddr *)&address, lengths[i]) < 0)
                _exit(2);
        }
        int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
        struct ifreq request = {.ifr_ifindex = 1};
        _exit(fd >= 0 && ioctl(fd, SIOCGIFNAME, &request) == 0 ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_librdkafka_is_asked),
        cmocka_unit_test(test_properties_of_another_sink),
        cmocka_unit_test(test_files_are_read_as_the_exporter),
        cmocka_unit_test(test_who_resolves_names_can_say_what_it_called),
        cmocka_unit_test(test_resolvers_may_ask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
