// SPDX-License-Identifier: BSD-3-Clause
// What librdkafka 2.0 says, word by word as it was seen against brokers, becomes a sentence and what to do.
#include "kafka_trouble.h"
#include "test.h"

#define E(name) RD_KAFKA_RESP_ERR_##name

struct row {
    rd_kafka_resp_err_t error;
    const char *reason, *topic;
    const char *sentence, *advice; // advice: a part of it; NULL: none
};

static const struct row rows[] = {
    {E(_AUTHENTICATION),
     "sasl_ssl://127.0.0.1:9094/bootstrap: SASL authentication error: Authentication failed during authentication due "
     "to "
     "invalid credentials with SASL mechanism SCRAM-SHA-512 (after 329ms in state AUTH_REQ)",
     NULL, "127.0.0.1:9094: authentication was refused: wrong user name or password", "sasl.password"},
    {E(_AUTHENTICATION),
     "sasl_ssl://127.0.0.1:9096/bootstrap: SASL authentication error: Authentication failed: Invalid username or "
     "password "
     "(after 307ms in state AUTH_REQ)",
     NULL, "127.0.0.1:9096: authentication was refused: wrong user name or password", "sasl.username"},
    {E(_AUTHENTICATION),
     "sasl_ssl://b.example:9096/1: SASL SCRAM-SHA-256 mechanism handshake failed: Broker: Unsupported SASL mechanism: "
     "broker's supported mechanisms: PLAIN (after 302ms in state AUTH_HANDSHAKE)",
     NULL, "b.example:9096: the broker does not take this SASL mechanism; it takes PLAIN", "sasl.mechanism"},
    {E(_AUTHENTICATION),
     "sasl_plaintext://127.0.0.1:9092/bootstrap: SASL PLAIN mechanism handshake failed: Broker: Request not valid in "
     "current SASL state: broker's supported mechanisms:  (after 3ms in state AUTH_HANDSHAKE)",
     NULL, "127.0.0.1:9092: the broker's listener knows no SASL", "security.protocol"},
    {E(_SSL),
     "sasl_ssl://127.0.0.1:9096/bootstrap: SSL handshake failed: error:0A000086:SSL routines::certificate verify "
     "failed: "
     "broker certificate could not be verified, verify that ssl.ca.location is correctly configured or root CA "
     "certificates are installed (install ca-certificates package) (after 62ms in state SSL_HANDSHAKE)",
     NULL, "127.0.0.1:9096: the broker's certificate is not trusted, or is for another name", "ssl.ca.location"},
    {E(_SSL),
     "ssl://127.0.0.1:9092/bootstrap: SSL handshake failed: error:0A000126:SSL routines::unexpected eof while reading "
     "(after 4ms in state SSL_HANDSHAKE)",
     NULL, "127.0.0.1:9092: TLS is on here, but the broker's listener seems to be plain text", "security.protocol"},
    {E(_TRANSPORT),
     "ssl://127.0.0.1:9095/bootstrap: Receive failed: error:0A000412:SSL routines::sslv3 alert bad certificate: SSL "
     "alert "
     "number 42 (after 3ms in state APIVERSION_QUERY)",
     NULL, "127.0.0.1:9095: the broker does not take our certificate, or misses it", "ssl.certificate.location"},
    {E(_TRANSPORT),
     "127.0.0.1:9095/bootstrap: Disconnected while requesting ApiVersion: might be caused by incorrect "
     "security.protocol "
     "configuration (connecting to a SSL listener?) or broker version is < 0.10 (see api.version.request) (after 2ms "
     "in "
     "state APIVERSION_QUERY)",
     NULL, "127.0.0.1:9095: the broker ends plain text: its listener seems to have TLS", "security.protocol"},
    {E(_TRANSPORT),
     "ssl://127.0.0.1:9094/bootstrap: Disconnected: verify that security.protocol is correctly configured, broker "
     "might "
     "require SASL authentication (after 304ms in state UP)",
     NULL, "127.0.0.1:9094: the broker ends the connection: its listener seems to want SASL", "sasl.mechanism"},
    {E(_TRANSPORT),
     "127.0.0.1:1/bootstrap: Connect to ipv4#127.0.0.1:1 failed: Connection refused (after 0ms in state CONNECT)", NULL,
     "127.0.0.1:1: the connection is refused", "bootstrap.servers"},
    {E(_TRANSPORT), "[fd00::1]:9092/7: Disconnected (after 5000ms in state UP, 1 identical error(s) suppressed)", NULL,
     "[fd00::1]:9092: the connection failed: Disconnected", "its log"},
    {E(_RESOLVE),
     "nosuch.invalid:9092/bootstrap: Failed to resolve 'nosuch.invalid:9092': Temporary failure in name resolution "
     "(after "
     "0ms in state CONNECT)",
     NULL, "nosuch.invalid:9092: the name does not resolve", "bootstrap.servers"},
    {E(_BAD_MSG),
     "127.0.0.1:7000/bootstrap: Receive failed: Invalid response size 1213486160 (0..100000000): increase "
     "receive.message.max.bytes (after 0ms in state APIVERSION_QUERY)",
     NULL, "127.0.0.1:7000: what answers there does not speak Kafka's protocol", "bootstrap.servers"},
    {E(_ALL_BROKERS_DOWN), "1/1 brokers are down", NULL, "no broker can be reached", "bootstrap.servers"},
    {E(UNKNOWN_TOPIC_OR_PART), "", "junction.flow", "topic junction.flow: the topic does not exist", "`create`"},
    {E(TOPIC_AUTHORIZATION_FAILED), "", "t", "topic t: the broker does not let this user use the topic", "kafka-acls"},
    {E(NOT_CONTROLLER), "", "t", "topic t: Broker: Not controller for cluster", NULL},
    {E(OUT_OF_ORDER_SEQUENCE_NUMBER), "ProduceRequest for t [0] failed", NULL,
     "the broker has lost count of our documents", NULL},
};

static void
test_sentences(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char sentence[KAFKA_SENTENCE_MAX];
        const char *advice = kafka_trouble(rows[i].error, rows[i].reason, rows[i].topic, sentence);
        assert_string_equal(sentence, rows[i].sentence);
        if (rows[i].advice == NULL)
            assert_null(advice);
        else if (advice == NULL || strstr(advice, rows[i].advice) == NULL)
            fail_msg("%s: expected \"%s\" in \"%s\"", sentence, rows[i].advice, advice != NULL ? advice : "");
    }
}

// A reason as long as may be is cut, not written beyond.
static void
test_long_reasons_are_cut(void **state) {
    (void)state;
    char reason[2000], sentence[KAFKA_SENTENCE_MAX];
    memset(reason, 'x', sizeof(reason));
    reason[sizeof(reason) - 1] = '\0';
    static const rd_kafka_resp_err_t errors[] = {E(_TRANSPORT), E(_SSL), E(_FAIL), E(_AUTHENTICATION)};
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        for (size_t colon = 1; colon < 700; colon += 137) {
            memset(reason, 'x', sizeof(reason) - 1);
            memcpy(reason + colon, "/1: ", 4);
            kafka_trouble(errors[i], reason, NULL, sentence);
            kafka_trouble(errors[i], reason, reason + 5, sentence);
            assert_true(strlen(sentence) < KAFKA_SENTENCE_MAX);
        }
}

static void
test_kinds_of_errors(void **state) {
    (void)state;
    assert_true(kafka_refuses(E(MSG_SIZE_TOO_LARGE)) && kafka_refuses(E(INVALID_RECORD)));
    assert_false(kafka_refuses(E(TOPIC_AUTHORIZATION_FAILED)) || kafka_refuses(E(_PURGE_QUEUE)));
    assert_true(kafka_passing(E(_TRANSPORT), rows[9].reason) && kafka_passing(E(_TRANSPORT), rows[10].reason));
    assert_false(kafka_passing(E(_TRANSPORT), rows[6].reason) || kafka_passing(E(_AUTHENTICATION), rows[0].reason));
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_long_reasons_are_cut),
        cmocka_unit_test(test_kinds_of_errors),
    };
    return cmocka_run_group_tests_name("export kafka trouble", tests, NULL, NULL);
}
