// SPDX-License-Identifier: BSD-3-Clause
// Sinks: texts in, exact sentences or values out.
#include "config/config_secret.h"
#include "config_errors.h"
#include "test.h"

#define SINKS(text)   TOP("'sinks':[" text "]")
#define KAFKA(text)   TOP("'sink':{'type':'kafka','properties':{'bootstrap.servers':'127.0.0.1:9092'," text "}}")
#define INDEX(text)   TOP("'sink':{'type':'elasticsearch','elasticsearch':{'urls':['https://a']," text "}}")
#define URL(text)     TOP("'sink':{'type':'http','http':{'url':" text "}}")
#define HEADERS(text) TOP("'sink':{'type':'http','http':{'url':'https://a','headers':{" text "}}}")

#define RUNS_CODE "is refused: it runs or loads code in junction-export"
static const struct error kafka[] = {
    {TOP("'sink':{'type':'tape'}"),
     "sink.type: expected \"stdout\", \"file\", \"kafka\", \"elasticsearch\" or \"http\", found \"tape\" (line 2)"},
    {TOP("'sink':{'type':'file'}"), "sink.file: missing; the sink's type is \"file\" (line 2)"},
    {TOP("'sink':{'type':'file',\n'file':{'max_mb':0,'keep':1001}}"),
     "sink.file.path: missing (line 3)\n"
     "sink.file.max_mb: expected 1 to 1048576, found 0 (line 3)\n"
     "sink.file.keep: expected 0 to 1000, found 1001 (line 3)"},
    {TOP("'sink':{'type':'kafka'}"),
     "sink.properties[\"bootstrap.servers\"]: missing; the sink's type is \"kafka\" (line 2)"},
    {TOP("'sink':{'topics':{'summary':'a b','flow':''}}"),
     "sink.topics.summary: expected 1 to 127 of A-Z a-z 0-9 . _ -, found \"a b\" (line 2)\n"
     "sink.topics.flow: expected 1 to 127 of A-Z a-z 0-9 . _ -, found \"\" (line 2)"},
    {KAFKA("\n'linger.ms':[5],\n'x':null"), "sink.properties[\"linger.ms\"]: expected text, a number, true, false, "
                                            "{\"$file\": PATH} or {\"$env\": NAME}, found an array (line 3)\n"
                                            "sink.properties.x: expected text, a number, true, false, {\"$file\": "
                                            "PATH} or {\"$env\": NAME}, found null (line 4)"},
    {KAFKA("'x':0.12345678901234567"),
     "sink.properties.x: a number with so many digits is to be written as text (line 2)"},
    {KAFKA("'enable.idempotence':false"),
     "sink.properties[\"enable.idempotence\"]: must be true: every record is to be written once and in order (line 2)"},
    {KAFKA("'acks':1,\n'request.required.acks':'0'"),
     "sink.properties.acks: must be \"all\": a record is let go only when every replica has it (line 2)\n"
     "sink.properties[\"request.required.acks\"]: must be \"all\": a record is let go only when every replica has it "
     "(line 3)"},
    {KAFKA("'topic.acks':1,\n'delivery.report.only.error':true"),
     "sink.properties[\"topic.acks\"]: must be \"all\": a record is let go only when every replica has it (line 2)\n"
     "sink.properties[\"delivery.report.only.error\"]: must be false: a record is let go when its delivery is reported "
     "(line 3)"},
    {KAFKA("\n'plugin.library.paths':'x',\n'sasl.kerberos.kinit.cmd':'x',\n'ssl.engine.location':'x',\n'ssl.providers':"
           "'x'"),
     "sink.properties[\"plugin.library.paths\"]: " RUNS_CODE " (line 3)\n"
     "sink.properties[\"sasl.kerberos.kinit.cmd\"]: " RUNS_CODE " (line 4)\n"
     "sink.properties[\"ssl.engine.location\"]: " RUNS_CODE " (line 5)\n"
     "sink.properties[\"ssl.providers\"]: " RUNS_CODE " (line 6)"},
    {KAFKA("\n'sasl.kerberos.principal':'x',\n'test.mock.num.brokers':3,\n'transactional.id':'x',\n'enabled_events':1"),
     "sink.properties[\"sasl.kerberos.principal\"]: " RUNS_CODE " (line 3)\n"
     "sink.properties[\"test.mock.num.brokers\"]: is refused: documents would go to brokers that librdkafka only plays "
     "(line 4)\n"
     "sink.properties[\"transactional.id\"]: is refused: Junction has no transactions, and nothing could be sent in "
     "one "
     "(line 5)\n"
     "sink.properties.enabled_events: is refused: deliveries would be reported to nobody (line 6)"},
    {KAFKA("'security.protocol':'SASL_SSL'"), "sink.properties[\"security.protocol\"]: needs \"sasl.mechanism\": "
                                              "without it librdkafka takes Kerberos, and runs a "
                                              "command for it (line 2)"},
    {KAFKA("'security.protocol':'sasl_ssl','sasl.mechanisms':'GSSAPI'"),
     "sink.properties[\"sasl.mechanisms\"]: Kerberos is refused: librdkafka runs a command for it (line 2)"},
    {TOP("'sink':{'type':'kafka','properties':{'bootstrap.servers':'a,b:70000'}}"),
     "sink.properties[\"bootstrap.servers\"]: expected \"host\" or \"host:port\" with commas between, found "
     "\"a,b:70000\" (line 2)"},
    {TOP("'sink':{'type':'kafka','properties':{'metadata.broker.list':'SSL://a:1,nosuch://x'}}"),
     "sink.properties[\"metadata.broker.list\"]: expected \"host\" or \"host:port\" with commas between, found "
     "\"SSL://a:1,nosuch://x\" (line 2)"},
    {TOP("'sink':{'type':'kafka','properties':{'bootstrap.servers':' ,'}}"),
     "sink.properties[\"bootstrap.servers\"]: names no broker (line 2)"},
    {TOP("'sink':{'properties':{'':1}}"),
     "sink.properties[\"\"]: a name has 1 to 255 bytes, a value at most 4096 (line 2)"},
    {TOP("'sink':{'spool':{'max_mb':1048577}}"), "sink.spool.max_mb: expected 1 to 1048576, found 1048577 (line 2)"},
};

#define REFERENCE       "{\"$file\": PATH} or {\"$env\": NAME}"
#define SECRET_EXPECTED "expected text of 1 to 4096 bytes without control characters, " REFERENCE ", found "
#define OF_INDICES                                                                                                     \
    "expected lower case, not beginning with _ - +, and none of \\ / * ? \" < > | , # : or a space, found "
#define OF_URLS "expected http:// or https://, a host, perhaps a port and a path, found "
#define NO_USER "a user in the URL would be shown: use username and password, or a header"
#define HERE    "its value has to stand here: it is no secret, and Junction looks at it"

static const struct error lists[] = {
    {TOP("'sink':{},\n'sinks':[{}]"), "sinks: given beside \"sink\", which is short for one of them (line 3)"},
    {SINKS(""), "sinks: at least 1, found 0 (line 2)"},
    {TOP("'sinks':{}"), "sinks: expected an array, found an object (line 2)"},
    {SINKS("5"), "sinks[0]: expected an object, found 5 (line 2)"},
    {SINKS("{'name':'a'},{'name':'b','type':'file','file':{'path':'/f'}},\n{'type':'file','name':'a','file':{'path':'/"
           "g'}}"),
     "sinks[2].name: \"a\" is already taken by sinks[0] (line 3)"},
    {SINKS("{},\n{}"), "sinks[1].name: \"stdout\" is already taken by sinks[0] (line 3)\n"
                       "sinks[1].type: sinks[0] writes to standard output, too (line 3)"},
    {SINKS("{'type':'file','name':'a','file':{'path':'/f'}},\n{'type':'file','name':'b','file':{'path':'/f'}}"),
     "sinks[1].file.path: sinks[0] writes into it, too (line 3)"},
    {SINKS("{'name':'a/b'},{'name':'','type':'file'}"),
     "sinks[0].name: expected 1 to 31 of A-Z a-z 0-9 . _ -, found \"a/b\" (line 2)\n"
     "sinks[1].file: missing; the sink's type is \"file\" (line 2)\n"
     "sinks[1].name: expected 1 to 31 of A-Z a-z 0-9 . _ -, found \"\" (line 2)"},
    {SINKS("{'name':'..'}"), "sinks[0].name: begins with a dot; it is the name of a directory of the spool (line 2)"},
    {SINKS("{'name':'a','spool':{'directory':'spool'}}"),
     "sinks[0].spool.directory: expected an absolute path, found \"spool\" (line 2)"},
    {SINKS("{'type':'kafka','create':{'partitions':0,'replication_factor':1001,\n'retention_hours':0,'cleanup_policy':"
           "'compact, delete'},'properties':{'metadata.broker.list':'b'}}"),
     "sinks[0].create.partitions: expected 1 to 100000, found 0 (line 2)\n"
     "sinks[0].create.replication_factor: expected 1 to 1000, found 1001 (line 2)\n"
     "sinks[0].create.retention_hours: expected 1 to 1000000, found 0 (line 3)\n"
     "sinks[0].create.cleanup_policy: expected \"delete\", \"compact\" or \"compact,delete\", found \"compact, "
     "delete\" (line 3)"},
    {TOP("'documents':{'flow':{'fields':'some'}}"),
     "documents.flow.fields: expected \"all\" or \"lean\", found \"some\" (line 2)"},
};

static const struct error indices[] = {
    {TOP("'sink':{'type':'elasticsearch'}"),
     "sink.elasticsearch: missing; the sink's type is \"elasticsearch\" (line 2)"},
    {TOP("'sink':{'type':'elasticsearch','elasticsearch':{}}"), "sink.elasticsearch.urls: missing (line 2)"},
    {TOP("'sink':{'type':'elasticsearch','elasticsearch':{'urls':[]}}"),
     "sink.elasticsearch.urls: at least 1, found 0 (line 2)"},
    {TOP("'sink':{'type':'elasticsearch','elasticsearch':{'urls':['a:9200',\n'ftp://a','https://','http://a:0',\n"
         "'http://a:65536','http://a?x=1','http://[::1','http://a b']}}"),
     "sink.elasticsearch.urls[0]: " OF_URLS "\"a:9200\" (line 2)\n"
     "sink.elasticsearch.urls[1]: " OF_URLS "\"ftp://a\" (line 3)\n"
     "sink.elasticsearch.urls[2]: " OF_URLS "\"https://\" (line 3)\n"
     "sink.elasticsearch.urls[3]: " OF_URLS "\"http://a:0\" (line 3)\n"
     "sink.elasticsearch.urls[4]: " OF_URLS "\"http://a:65536\" (line 4)\n"
     "sink.elasticsearch.urls[5]: " OF_URLS "\"http://a?x=1\" (line 4)\n"
     "sink.elasticsearch.urls[6]: " OF_URLS "\"http://[::1\" (line 4)\n"
     "sink.elasticsearch.urls[7]: " OF_URLS "\"http://a b\" (line 4)"},
    {TOP("'sink':{'type':'elasticsearch','elasticsearch':{'urls':['https://elastic:hunter2@a:9200/p']}}"),
     "sink.elasticsearch.urls[0]: " NO_USER " (line 2)"},
    {INDEX("'indices':{'summary':'Junction',\n'flow':'-a'}"),
     "sink.elasticsearch.indices.summary: " OF_INDICES "\"Junction\" (line 2)\n"
     "sink.elasticsearch.indices.flow: " OF_INDICES "\"-a\" (line 3)"},
    {INDEX("'indices':{'summary':'a,b',\n'flow':'..'}"),
     "sink.elasticsearch.indices.summary: " OF_INDICES "\"a,b\" (line 2)\n"
     "sink.elasticsearch.indices.flow: " OF_INDICES "\"..\" (line 3)"},
    {INDEX("'api_key':'k','username':'u','password':'p'"),
     "sink.elasticsearch.api_key: given beside username or password; one way is enough (line 2)"},
    {INDEX("'username':'u'"), "sink.elasticsearch.password: missing; there is a username (line 2)"},
    {INDEX("'password':{'$env':'P'}"), "sink.elasticsearch.username: missing; there is a password (line 2)"},
    {INDEX("'username':'a:b','password':'p'"),
     "sink.elasticsearch.username: holds a colon, which HTTP's basic authentication cannot carry (line 2)"},
    {INDEX("'ca_file':'ca.pem'"), "sink.elasticsearch.ca_file: expected an absolute path, found \"ca.pem\" (line 2)"},
    {INDEX("'compression':'lz4'"),
     "sink.elasticsearch.compression: expected \"none\" or \"gzip\", found \"lz4\" (line 2)"},
};

// What was found is never shown: it may be a secret of the wrong kind.
static const struct error secrets[] = {
    {INDEX("'api_key':''"), "sink.elasticsearch.api_key: " SECRET_EXPECTED "a text (line 2)"},
    {INDEX("'api_key':'hunter2\\n'"), "sink.elasticsearch.api_key: " SECRET_EXPECTED "a text (line 2)"},
    {INDEX("'api_key':4711"), "sink.elasticsearch.api_key: " SECRET_EXPECTED "a number (line 2)"},
    {INDEX("'api_key':['hunter2']"), "sink.elasticsearch.api_key: " SECRET_EXPECTED "an array (line 2)"},
    {INDEX("'api_key':{'hunter2':1}"),
     "sink.elasticsearch.api_key: expected " REFERENCE ", found another object (line 2)"},
    {INDEX("'api_key':{'$file':'/a','$env':'A'}"),
     "sink.elasticsearch.api_key: expected " REFERENCE ", found another object (line 2)"},
    {INDEX("'api_key':{'$file':'secret'}"),
     "sink.elasticsearch.api_key: \"$file\": expected the absolute path of a file (line 2)"},
    {INDEX("'api_key':{'$file':7}"),
     "sink.elasticsearch.api_key: \"$file\": expected the absolute path of a file (line 2)"},
    {INDEX("'api_key':{'$env':'A=B'}"),
     "sink.elasticsearch.api_key: \"$env\": expected the name of a variable, of A-Z a-z 0-9 _ (line 2)"},
    {INDEX("'api_key':{'$env':'1A'}"),
     "sink.elasticsearch.api_key: \"$env\": expected the name of a variable, of A-Z a-z 0-9 _ (line 2)"},
    {TOP("'sink':{'properties':'hunter2',\n'http':{'url':'https://a','headers':'hunter2'}}"),
     "sink.properties: expected an object, found a text (line 2)\n"
     "sink.http.headers: expected an object, found a text (line 3)"},
    {TOP("'sink':{'properties':{'sasl.password' 'hunter2'}}"), "file.json: ':' expected (line 2)"},
    {TOP("'sink':{'properties':{'sasl.password':hunter2}}"), "file.json: invalid token (line 2)"},
    {TOP("'sink':{'properties':{'sasl.password':'hunter2' 'x'}}"), "file.json: '}' expected (line 2)"},
    {TOP("'sink':{'properties':{'sasl.password':'hunter2\n"), "file.json: unexpected newline (line 2)"},
    {KAFKA("'sasl.password':{'file':'/x'}"),
     "sink.properties[\"sasl.password\"]: expected " REFERENCE ", found another object (line 2)"},
    {KAFKA("'acks':{'$env':'A'},\n'sasl.mechanism':{'$env':'B'},\n'topic.acks':{'$file':'/x'}"),
     "sink.properties.acks: " HERE " (line 2)\n"
     "sink.properties[\"sasl.mechanism\"]: " HERE " (line 3)\n"
     "sink.properties[\"topic.acks\"]: " HERE " (line 4)"},
    {KAFKA("'plugin.library.paths':{'$env':'A'}"), "sink.properties[\"plugin.library.paths\"]: " RUNS_CODE " (line 2)"},
    {TOP("'sink':{'type':'kafka','properties':{'bootstrap.servers':{'$env':'A'}}}"),
     "sink.properties[\"bootstrap.servers\"]: " HERE " (line 2)"},
};

static const struct error services[] = {
    {TOP("'sink':{'type':'http','http':{}}"), "sink.http.url: missing (line 2)"},
    {URL("'https://u:hunter2@a/'"), "sink.http.url: " NO_USER " (line 2)"},
    {URL("'https://a/#x'"), "sink.http.url: " OF_URLS "\"https://a/#x\" (line 2)"},
    {HEADERS("'Authorization':'a',\n'authorization':{'$env':'B'}"),
     "sink.http.headers.authorization: is given twice; names of header fields have no case (line 3)"},
    {HEADERS("'a b':'c','':'d','x:':'e'"),
     "sink.http.headers[\"a b\"]: expected the name of a header field, of 1 to 127 letters, digits or "
     "!#$%&'*+-.^_`|~ (line 2)\n"
     "sink.http.headers[\"\"]: expected the name of a header field, of 1 to 127 letters, digits or "
     "!#$%&'*+-.^_`|~ (line 2)\n"
     "sink.http.headers[\"x:\"]: expected the name of a header field, of 1 to 127 letters, digits or "
     "!#$%&'*+-.^_`|~ (line 2)"},
    {HEADERS("'X':'hunter2\\r\\nY: z'"),
     "sink.http.headers[\"X\"]: expected text of 0 to 4096 bytes without control characters, " REFERENCE
     ", found a text (line 2)"},
    {HEADERS("'content-length':'5'"),
     "sink.http.headers[\"content-length\"]: is refused: Content-Length is made by Junction, as the request needs it "
     "(line 2)"},
    {HEADERS("'X':7"),
     "sink.http.headers[\"X\"]: expected text of 0 to 4096 bytes without control characters, " REFERENCE
     ", found a number (line 2)"},
};

static const struct error properties[] = {
    {KAFKA("'log.queue':true,\n'internal.termination.signal':9"),
     "sink.properties[\"log.queue\"]: must be false: what librdkafka says goes into Junction's log (line 2)\n"
     "sink.properties[\"internal.termination.signal\"]: is refused: the signal would be for junction-export itself "
     "(line 3)"},
    {KAFKA("'security.protocol':'sasl_ssl','sasl.mechanism':'OAUTHBEARER'"),
     "sink.properties[\"sasl.mechanism\"]: needs \"sasl.oauthbearer.method\": \"oidc\" (line 2)"},
};

struct group {
    const struct error *table;
    size_t count;
};
#define GROUP(table)                                                                                                   \
    { table, COUNT(table) }
static struct group groups[] = {GROUP(kafka),   GROUP(lists),    GROUP(indices),
                                GROUP(secrets), GROUP(services), GROUP(properties)};

static void
test_every_error_is_said(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT(groups); i++)
        for (size_t j = 0; j < groups[i].count; j++)
            expect_errors(&groups[i].table[j], false);
}

static struct jn_config *
accept(const char *text, const char *warnings) {
    struct jn_config_errors errors;
    char all[2048] = "";
    struct jn_config *config = parse_text(text, &errors);
    for (size_t i = 0; i < errors.count; i++)
        fail_msg("%s", errors.text[i]);
    for (size_t i = 0; i < errors.warning_count; i++)
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s\n", errors.warning[i]);
    assert_string_equal(all, warnings);
    jn_config_errors_free(&errors);
    return config;
}

static void
test_values_of_several(void **state) {
    (void)state;
    struct jn_config *c = accept(
        TOP("'documents':{'flow':{'fields':'lean'}},'sinks':["
            "{'type':'kafka','name':'k','create':{'partitions':12,'replication_factor':3,'retention_hours':24,"
            "'cleanup_policy':'compact,delete'},'properties':{'bootstrap.servers':'b','sasl.password':{'$file':'/pw'}},"
            "'spool':{'enabled':false,'max_mb':7,'directory':'/d'}},"
            "{'type':'elasticsearch','elasticsearch':{'urls':['https://a:9200/p','http://[::1]:9200'],'indices':{'flow'"
            ":'f'},'data_streams':true,'pipeline':'p','username':'u','password':{'$env':'P'},'ca_file':'/ca',"
            "'compression':'none'}},"
            "{'type':'http','http':{'url':'https://h/x?y=z','operator_id':'OP1','headers':{'X-A':'b','Authorization':{"
            "'$env':'T'}},'compression':'gzip'}},{'type':'file','file':{'path':'/f'},'spool':{'enabled':true}}]"),
        "");
    const struct jn_config_sink *k = &c->sinks[0], *e = &c->sinks[1], *h = &c->sinks[2], *f = &c->sinks[3];
    assert_int_equal(c->sink_count, 4);
    assert_int_equal(c->flow_fields, JN_FLOW_FIELDS_LEAN);
    assert_string_equal(k->name, "k");
    assert_true(k->create.wanted);
    assert_int_equal(k->create.partitions, 12);
    assert_int_equal(k->create.replication_factor, 3);
    assert_int_equal(k->create.retention_hours, 24);
    assert_string_equal(k->create.cleanup_policy, "compact,delete");
    assert_string_equal(k->properties[1].name, "sasl.password");
    assert_int_equal(k->properties[1].source, JN_SECRET_FILE);
    assert_string_equal(k->properties[1].reference, "/pw");
    assert_null(k->properties[1].value);
    assert_false(k->spool.enabled);
    assert_int_equal(k->spool.max_mb, 7);
    assert_string_equal(k->spool.directory, "/d");
    assert_string_equal(e->name, "elasticsearch");
    assert_int_equal(e->elasticsearch.url_count, 2);
    assert_string_equal(e->elasticsearch.urls[1], "http://[::1]:9200");
    assert_string_equal(e->elasticsearch.index_flow, "f");
    assert_string_equal(e->elasticsearch.index_summary, "junction-summary");
    assert_true(e->elasticsearch.data_streams);
    assert_string_equal(e->elasticsearch.pipeline, "p");
    assert_string_equal(e->elasticsearch.username.value, "u");
    assert_string_equal(e->elasticsearch.password.reference, "P");
    assert_null(e->elasticsearch.api_key.name);
    assert_string_equal(e->elasticsearch.ca_file, "/ca");
    assert_int_equal(e->elasticsearch.compression, JN_SINK_PLAIN);
    assert_true(e->spool.enabled);
    assert_string_equal(e->spool.directory, "/var/spool/junction");
    assert_string_equal(h->http.url, "https://h/x?y=z");
    assert_string_equal(h->http.operator_id, "OP1");
    assert_int_equal(h->http.header_count, 2);
    assert_string_equal(h->http.headers[0].value, "b");
    assert_int_equal(h->http.headers[1].source, JN_SECRET_ENV);
    assert_int_equal(h->http.compression, JN_SINK_GZIP);
    assert_true(h->spool.enabled);
    assert_true(f->spool.enabled);
    assert_false(f->create.wanted);
    jn_config_free(c);
}

static void
test_defaults(void **state) {
    (void)state;
    struct jn_config *c = accept("{" PLANE "}", "");
    assert_int_equal(c->sink_count, 1);
    assert_string_equal(c->sinks[0].name, "stdout");
    assert_false(c->sinks[0].spool.enabled);
    assert_int_equal(c->sinks[0].spool.max_mb, 1024);
    assert_int_equal(c->flow_fields, JN_FLOW_FIELDS_ALL);
    jn_config_free(c);
    c = accept(KAFKA("'linger.ms':5"), "");
    assert_string_equal(c->sinks[0].name, "kafka");
    assert_true(c->sinks[0].spool.enabled);
    jn_config_free(c);
}

// A secret in the clear to another host; not where it stays on this one, or where there is none.
static void
test_secrets_in_the_clear_are_warned_of(void **state) {
    (void)state;
    static const char warning[] = "the secret goes there unencrypted; use https:// (line 2)\n";
    char of_index[128], of_service[128];
    snprintf(of_index, sizeof(of_index), "sink.elasticsearch.urls[1]: %s", warning);
    snprintf(of_service, sizeof(of_service), "sink.http.url: %s", warning);
    jn_config_free(
        accept(TOP("'sink':{'elasticsearch':{'urls':['http://localhost:9200','http://a'],'api_key':'k'}}"), of_index));
    jn_config_free(accept(TOP("'sink':{'elasticsearch':{'urls':['http://a']}}"), ""));
    jn_config_free(accept(TOP("'sink':{'http':{'url':'http://a','headers':{'X':{'$env':'A'}}}}"), of_service));
    jn_config_free(accept(TOP("'sink':{'http':{'url':'http://127.0.0.1:1/x','headers':{'X':{'$env':'A'}}}}"), ""));
}

static void
test_names_that_tell_of_secrets(void **state) {
    (void)state;
    static const struct {
        const char *name;
        bool hidden;
    } rows[] = {
        {"sasl.password", true},           {"ssl.key.password", true},
        {"ssl.keystore.password", true},   {"ssl.key.pem", true},
        {"sasl.oauthbearer.config", true}, {"sasl.oauthbearer.client.secret", true},
        {"Authorization", true},           {"Cookie", true},
        {"X-SORACOM-Token", true},         {"linger.ms", false},
        {"sasl.username", false},          {"ssl.key.location", false},
        {"Content-Type", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct jn_config_property property = {.name = (char *)rows[i].name, .value = (char *)"v"};
        if (jn_secret_hidden(&property) != rows[i].hidden)
            fail_msg("%s", rows[i].name);
        property.source = JN_SECRET_ENV;
        assert_true(jn_secret_hidden(&property));
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error_is_said),
        cmocka_unit_test(test_values_of_several),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_secrets_in_the_clear_are_warned_of),
        cmocka_unit_test(test_names_that_tell_of_secrets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
