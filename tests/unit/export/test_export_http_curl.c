// SPDX-License-Identifier: BSD-3-Clause
// HTTP by libcurl, against a server of the test's own that says what a row says: each way in which an exchange can end is
// told from the others, and whether the server may have had the request.
#include "world_http.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

struct server {
    int listener;
    uint16_t port;
    const char *answers[2]; // one for each request of a connection; after the last one it is closed
    char requests[8192];
    size_t length; // of the requests
};

static size_t
request_length(const char *text) {
    const char *end = strstr(text, "\r\n\r\n"), *header = strstr(text, "Content-Length: ");
    return end != NULL && header != NULL ? (size_t)(end + 4 - text) + strtoul(header + 16, NULL, 10) : SIZE_MAX;
}

// Reads one request more. False: the client has gone.
static bool
read_request(struct server *s, int fd) {
    size_t begin = s->length;
    s->requests[begin] = '\0';
    while (s->length - begin < request_length(s->requests + begin)) {
        ssize_t got = recv(fd, s->requests + s->length, sizeof(s->requests) - 1 - s->length, 0);
        if (got <= 0)
            return false;
        s->length += (size_t)got;
        s->requests[s->length] = '\0';
    }
    return true;
}

static void *
serve(void *context) {
    struct server *s = context;
    for (int fd; (fd = accept(s->listener, NULL, NULL)) >= 0; close(fd))
        for (size_t i = 0; i < COUNT(s->answers) && s->answers[i] != NULL && read_request(s, fd); i++)
            send(fd, s->answers[i], strlen(s->answers[i]), MSG_NOSIGNAL);
    return NULL;
}

static struct server server;
static pthread_t server_thread;

static void
start_server(const char *first, const char *second) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t length = sizeof(address);
    server = (struct server){.listener = socket(AF_INET, SOCK_STREAM, 0), .answers = {first, second}};
    assert_int_equal(bind(server.listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(server.listener, 8), 0);
    getsockname(server.listener, (struct sockaddr *)&address, &length);
    server.port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&server_thread, NULL, serve, &server), 0);
}

static void
stop_server(void) {
    shutdown(server.listener, SHUT_RDWR);
    pthread_join(server_thread, NULL);
    close(server.listener);
}

static struct {
    struct http_answer answer;
    char words[256], location[256], type[64], body[256];
    unsigned int count;
} ended;

static void
on_done(void *context, const struct http_answer *answer) {
    assert_ptr_equal(context, &ended);
    ended.answer = *answer;
    ended.count++;
    snprintf(ended.words, sizeof(ended.words), "%s", answer->words);
    snprintf(ended.location, sizeof(ended.location), "%s", answer->location);
    snprintf(ended.type, sizeof(ended.type), "%s", answer->type);
    snprintf(ended.body, sizeof(ended.body), "%s", answer->body);
}

static const struct world_http *const http = &world_http_curl;

static struct http_client *
open_client(bool cut_answer) {
    char err[JN_ERR_MAX];
    static const char *const headers[] = {"Authorization: ApiKey c2VjcmV0"};
    const struct http_options options = {
        .headers = headers, .header_count = 1, .timeout_ms = 20000, .answer_max = 20, .cut_answer = cut_answer};
    struct http_client *client = http->open(&options, err);
    assert_non_null(client);
    return client;
}

static void
exchange(struct http_client *client, const char *url, const char *body) {
    static const char *const headers[] = {"Content-Type: application/json"};
    const struct http_request request = {.method = "POST",
                                         .url = url,
                                         .headers = headers,
                                         .header_count = 1,
                                         .body = body,
                                         .length = strlen(body),
                                         .done = on_done,
                                         .context = &ended};
    unsigned int before = ended.count;
    assert_int_equal(http->start(client, &request), 0);
    while (ended.count == before) {
        http->poll(client);
        poll(NULL, 0, 1);
    }
    assert_int_equal(ended.count, before + 1);
}

static void
local_url(char url[64]) {
    snprintf(url, 64, "http://127.0.0.1:%u/a/_bulk", server.port);
}

static void
test_each_end_is_told(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        enum http_outcome outcome;
        unsigned int status;
        const char *body;
        bool cut_answer;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", HTTP_ANSWERED, 200, "{}", false},
        {"HTTP/1.1 200 OK\r\n\r\n{}", HTTP_ANSWERED, 200, "{}", false}, // to the connection's end
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", HTTP_ANSWERED, 200, "{}", false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nServer-Timing: a\r\n\r\n", HTTP_ANSWERED,
         200, "{}", false},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", HTTP_ANSWERED, 200, "{}",
         false},
        {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nServer: a", HTTP_CUT, 0, "", false},
        {"HTTP/1.1 204 No Content\r\n\r\n", HTTP_ANSWERED, 204, "", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{}", HTTP_ANSWERED, 200, "{",
         false}, // what is more than was said is not taken
        {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}", HTTP_CUT, 0, "", false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}", HTTP_CUT, 0, "", false},
        {"HTTP/1.1 200 OK\r\nContent-Le", HTTP_CUT, 0, "", false},
        {"", HTTP_CUT, 0, "", false},
        {"SSH-2.0-OpenSSH_9.2\r\n", HTTP_NOT_HTTP, 0, "", false},
        {"\x15\x03\x01 garbage\r\n\r\n", HTTP_NOT_HTTP, 0, "", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n{123456789012345678901234567890}", HTTP_TOO_LARGE, 0, "", false},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1e\r\n{1234567890123456789012345678}\r\n0\r\n\r\n",
         HTTP_TOO_LARGE, 0, "", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 32\r\n\r\n{123456789012345678901234567890}", HTTP_ANSWERED, 200,
         "{1234567890123456789", true},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: "
         "chunked\r\n\r\nf\r\n{12345678901234\r\nf\r\n5678901234567}\n\r\n0\r\n\r\n",
         HTTP_ANSWERED, 200, "{1234567890123456789", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n{123456789012345678901234567890}", HTTP_CUT, 0, "", true},
        {"HTTP/1.1 429 Too Many\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", HTTP_ANSWERED, 429, "", false},
        {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/b\r\nContent-Length: 0\r\n\r\n", HTTP_ANSWERED, 302, "",
         false},
        {"HTTP/1.1 500 No\r\nContent-Type: text/html\r\nContent-Length: 3\r\n\r\n<p>", HTTP_ANSWERED, 500, "<p>",
         false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char url[64];
        start_server(rows[i].answer, NULL);
        local_url(url);
        struct http_client *client = open_client(rows[i].cut_answer);
        exchange(client, url, "{\"x\":1}");
        if (ended.answer.outcome != rows[i].outcome || ended.answer.status != rows[i].status)
            fail_msg("row %zu: outcome %d, status %u, %s", i, ended.answer.outcome, ended.answer.status, ended.words);
        assert_string_equal(ended.body, rows[i].body);
        assert_true(ended.answer.sent);
        assert_int_equal(ended.words[0] != '\0', rows[i].outcome != HTTP_ANSWERED);
        assert_null(strstr(ended.words, "c2VjcmV0"));
        assert_int_equal(ended.answer.retry_after, rows[i].status == 429 ? 7 : 0);
        assert_string_equal(ended.location, rows[i].status == 302 ? "http://127.0.0.1:1/b" : "");
        assert_string_equal(ended.type, rows[i].status == 500 ? "text/html" : "");
        http->close(client);
        stop_server();
    }
}

static void
test_request_is_as_asked(void **state) {
    char url[64];
    (void)state;
    start_server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    local_url(url);
    struct http_client *client = open_client(false);
    exchange(client, url, "{\"x\":1}");
    assert_false(ended.answer.kept);
    exchange(client, url, "{\"x\":2}");
    assert_true(ended.answer.kept);
    http->close(client);
    stop_server();
    const char *second = strstr(server.requests + 1, "POST /a/_bulk HTTP/1.1\r\n");
    assert_int_equal(strncmp(server.requests, "POST /a/_bulk HTTP/1.1\r\n", 24), 0);
    assert_non_null(second);
    assert_non_null(strstr(second, "\r\nAuthorization: ApiKey c2VjcmV0\r\n"));
    assert_non_null(strstr(second, "\r\nContent-Type: application/json\r\n"));
    assert_null(strstr(server.requests, "Expect:"));
    assert_string_equal(strstr(second, "\r\n\r\n") + 4, "{\"x\":2}");
}

// libcurl alone would send it again, and it may have been done.
static void
test_cut_of_a_kept_connection_is_said(void **state) {
    char url[64];
    (void)state;
    start_server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "");
    local_url(url);
    struct http_client *client = open_client(false);
    exchange(client, url, "{\"x\":1}");
    exchange(client, url, "{\"x\":2}");
    assert_int_equal(ended.answer.outcome, HTTP_CUT);
    assert_true(ended.answer.kept);
    http->close(client);
    stop_server();
    const char *first = strstr(server.requests, "{\"x\":2}");
    assert_non_null(first);
    assert_null(strstr(first + 1, "{\"x\":2}"));
}

static void
test_no_server(void **state) {
    static const struct {
        const char *url;
        enum http_outcome outcome;
    } rows[] = {
        {"http://name.invalid/", HTTP_NO_NAME},
        {"http://127.0.0.1:1/", HTTP_NO_CONNECTION},
        {"ftp://127.0.0.1:1/", HTTP_NOT_HTTP},
    };
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct http_client *client = open_client(false);
        exchange(client, rows[i].url, "{}");
        assert_int_equal(ended.answer.outcome, rows[i].outcome);
        assert_false(ended.answer.sent);
        assert_true(ended.words[0] != '\0');
        http->close(client);
    }
}

static void
test_closed_in_the_middle(void **state) {
    char url[64];
    (void)state;
    start_server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", NULL);
    local_url(url);
    struct http_client *client = open_client(false);
    const struct http_request request = {.method = "POST", .url = url, .body = "", .done = on_done, .context = &ended};
    unsigned int before = ended.count;
    for (int i = 0; i < 3; i++)
        assert_int_equal(http->start(client, &request), 0);
    http->close(client);
    assert_int_equal(ended.count, before);
    stop_server();
}

static void
test_ca_file_that_is_not_there(void **state) {
    char err[JN_ERR_MAX];
    const struct http_options options = {.ca_file = "/no/such.pem", .timeout_ms = 1000, .answer_max = 20};
    (void)state;
    assert_null(http->open(&options, err));
    assert_string_equal(err, "ca_file: /no/such.pem: No such file or directory");
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_end_is_told),
        cmocka_unit_test(test_request_is_as_asked),
        cmocka_unit_test(test_cut_of_a_kept_connection_is_said),
        cmocka_unit_test(test_no_server),
        cmocka_unit_test(test_closed_in_the_middle),
        cmocka_unit_test(test_ca_file_that_is_not_there),
    };
    return cmocka_run_group_tests_name("export HTTP", tests, NULL, NULL);
}
