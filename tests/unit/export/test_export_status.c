// SPDX-License-Identifier: BSD-3-Clause
// Status documents: what the regions hold is in them, their counts add up to the totals, and an exporter that was killed
// makes no others.
#include "status.h"

#include "config/config_compile.h"
#include "config/config_load.h"
#include "export_document.h"
#include "gate.h"
#include "run_directory.h"
#include "status_thing.h"
#include "test.h"

enum { WORKERS = 2, VPGS = 2 };

static const char configuration[] =
    "{\"dataplane\": {\"ports\": [{\"name\": \"a\", \"device\": \"net_null0\"}, {\"name\": \"n\", \"device\": "
    "\"net_null1\"},"
    "{\"name\": \"t\", \"device\": \"net_null2\", \"addresses\": [\"198.18.0.1/24\"]}],"
    "\"wires\": [{\"name\": \"w\", \"access\": \"a\", \"network\": \"n\"}]},"
    "\"sink\": {\"type\": \"stdout\"},"
    "\"vpgs\": [{\"id\": \"v\", \"wire\": \"w\", \"device_subnets\": [\"10.128.0.0/16\"], \"mirroring\": {\"peers\":"
    "[{\"address\": \"198.18.0.9\"}]}, \"gate\": {\"vni\": 10, \"address\": \"10.254.0.1/24\", \"peers\":"
    "[{\"outer\": \"198.18.0.20\", \"inner\": \"10.254.0.2\"}]},"
    "\"redirection\": {\"enabled\": true, \"gateway\": \"10.254.0.2\"}}]}";

static struct fixture {
    struct names names;
    struct jn_counters_region *counters;
    struct jn_counters_view view;
    struct jn_shm neighbours, gates;
    struct jn_sinks_region *sinks;
    struct status_ring rings[JN_MAX_WORKERS];
    struct status_texts texts;
    struct status_sources sources;
} f;

static void *
region_of(struct jn_shm *shm, size_t size) {
    *shm = (struct jn_shm){.size = size, .fd = -1};
    shm->base = aligned_alloc(64, (size + 63) / 64 * 64);
    return memset(shm->base, 0, size);
}

static struct jn_policy *
policy(void) {
    struct jn_config_errors errors = {0};
    char err[JN_ERR_MAX] = "";
    struct jn_config *config = jn_config_parse(configuration, strlen(configuration), "test", &errors);
    if (config == NULL)
        fail_msg("%s", errors.text[0]);
    struct jn_policy *compiled = jn_config_compile(config, NULL, err);
    jn_config_free(config);
    jn_config_errors_free(&errors);
    if (compiled == NULL)
        fail_msg("%s", err);
    return compiled;
}

static int
set_up(void **state) {
    (void)state;
    struct jn_shm shm;
    names_open(&f.names, "default");
    names_use(&f.names, policy());
    f.counters = region_of(&shm, jn_counters_size(WORKERS, VPGS));
    f.counters->header.boot = 7;
    f.view = (struct jn_counters_view){.region = f.counters, .worker_count = WORKERS, .port_count = 1};
    strcpy(f.counters->ports[0].name, "access0");
    f.counters->ports[0].present = f.counters->ports[0].link_up = 1;
    struct jn_neighbours_region *neighbours = region_of(&f.neighbours, jn_neighbours_size(WORKERS, VPGS));
    struct jn_gates_region *gates = region_of(&f.gates, jn_gates_size(WORKERS, VPGS));
    neighbours->worker_count = gates->worker_count = WORKERS;
    neighbours->vpg_capacity = neighbours->vpg_used = gates->vpg_capacity = gates->vpg_used = VPGS;
    gates->gates[0].vni = 10;
    gates->gates[0].target = jn_target_make(JN_TARGET_BYPASS, 0, 0);
    gates->gates[0].health[0].state = JN_HEALTH_DOWN;
    f.sinks = region_of(&shm, sizeof(*f.sinks));
    strcpy(f.sinks->sinks[3].name, "kafka");
    strcpy(f.sinks->sinks[3].type, "kafka");
    f.sinks->sinks[3].state = JN_SINK_STATE_SPOOLING;
    f.sources = (struct status_sources){&f.view, f.rings, 9, &f.neighbours, &f.gates, f.sinks, &f.names, &f.texts};
    return make_run_directory(state);
}

static int
tear_down(void **state) {
    names_close(&f.names);
    free(f.counters);
    free(f.neighbours.base);
    free(f.gates.base);
    free(f.sinks);
    return remove_run_directory(state);
}

static struct status_interval
interval(uint64_t number) {
    return (struct status_interval){"edge-1", f.counters->header.boot, number, number * 60000000000,
                                    number * 60000000000};
}

// What is kept of that interval; `kept` is freed.
static json_t *
next(json_t *kept, uint64_t number) {
    struct status_interval of = interval(number);
    json_t *made = status_documents(status_sample(&f.sources), kept, &of);
    assert_non_null(made);
    json_decref(kept);
    return made;
}

static bool
member_is(const json_t *status, const char *key, const char *expected) {
    const char *text = json_string_value(json_object_get(status, key));
    return expected == NULL ? text == NULL : text != NULL && strcmp(text, expected) == 0;
}

// The one document of a thing, parsed; NULL: there is none. The caller frees it.
static json_t *
document_of(const json_t *kept, const char *about, const char *name, const char *reason) {
    json_t *found = NULL, *text;
    size_t i;
    json_array_foreach(json_object_get(kept, "documents"), i, text) {
        json_t *document = json_loads(json_string_value(text), JSON_REJECT_DUPLICATES, NULL);
        const json_t *status = at_path(document, "junction/status");
        bool is_it = member_is(status, "about", about) && (name == NULL || member_is(status, "name", name)) &&
                     member_is(status, "reason", reason);
        if (is_it)
            assert_null(found);
        if (is_it)
            found = document;
        else
            json_decref(document);
    }
    return found;
}

// What a counter of that thing counted; -1: it has no document.
static json_int_t
count_of(const json_t *kept, const char *about, const char *name, const char *reason, const char *counter) {
    json_t *document = document_of(kept, about, name, reason);
    json_int_t value = -1;
    if (document != NULL)
        value = json_integer_value(json_object_get(at_path(document, "junction/status/counts"), counter));
    json_decref(document);
    return value;
}

static void
count_everything(uint64_t amount) {
    struct jn_neighbours_region *neighbours = f.neighbours.base;
    struct jn_gates_region *gates = f.gates.base;
    for (unsigned int w = 0; w < WORKERS; w++) {
        f.counters->workers[w].rx_packets += amount;
        f.counters->workers[w].drops[JN_DROP_TX_FULL] += amount;
        f.counters->workers[w].exceptions[JN_EXCEPTION_NON_IP] += amount;
        f.counters->workers[w].ports[0].rx_bytes += amount;
        jn_peers_of_worker(neighbours, w)[0].frames += amount;
        jn_peers_of_worker(neighbours, w)[0].drops[JN_COPY_DROP_RATE] += amount;
        jn_gate_counters_of(gates, w)[0].peers[0].sent_packets += amount;
        jn_gate_counters_of(gates, w)[0].peers[JN_GATE_PEERS - 1].returned_packets += amount;
        jn_gate_counters_of(gates, w)[0].bypassed_packets += amount;
        jn_gate_counters_of(gates, w)[0].drops[JN_GATE_DROP_PRIVACY] += amount;
    }
    f.rings[1] = (struct status_ring){.waiting = 48, .lost = f.rings[1].lost + amount, .capacity = 64};
    f.texts = (struct status_texts){11, f.texts.refused + amount, f.texts.forgotten + 2 * amount, 0};
    f.sinks->sinks[3].counters[JN_SINK_COUNTER_DELIVERED] += amount;
    f.sinks->sinks[3].lost[JN_SINK_LOSS_SPOOL_FULL].records += amount;
    f.sinks->sinks[3].lost[JN_SINK_LOSS_SPOOL_FULL].bytes += amount;
}

static const struct {
    const char *about, *name, *reason, *counter;
    unsigned int times; // of the amount
} counted[] = {
    {"worker", "1", NULL, "rx_packets", 1},
    {"port", "access0", NULL, "rx_bytes", WORKERS},
    {"loss", NULL, "tx_full", "lost", WORKERS},
    {"exception", NULL, "non_ip", "packets", WORKERS},
    {"mirror", "198.18.0.9", NULL, "frames", WORKERS},
    {"loss", "198.18.0.9", "rate", "lost", WORKERS},
    {"gate", NULL, NULL, "sent_packets", WORKERS},
    {"gate", NULL, NULL, "returned_packets", WORKERS},
    {"gate", NULL, NULL, "bypassed_packets", WORKERS},
    {"loss", NULL, "privacy", "lost", WORKERS},
    {"loss", "1", "ring_full", "lost", 1},
    {"loss", NULL, "refused", "lost", 1},
    {"loss", NULL, "forgotten", "lost", 2},
    {"sink", "kafka", NULL, "delivered", 1},
    {"sink", "kafka", NULL, "lost_records", 1},
    {"sink", "kafka", NULL, "lost_bytes", 1},
    {"loss", "kafka", "spool_full", "lost", 1},
};

static void
test_each_region_is_told_of_by_its_differences(void **state) {
    (void)state;
    static const uint64_t amounts[] = {5, 0, 3, 1000000};
    json_t *kept = NULL;
    for (size_t n = 0; n < COUNT(amounts); n++) {
        count_everything(amounts[n]);
        kept = next(kept, n + 1);
        for (size_t i = 0; i < COUNT(counted); i++) {
            bool rare = strcmp(counted[i].about, "loss") == 0 || strcmp(counted[i].about, "exception") == 0;
            json_int_t expected = (json_int_t)(amounts[n] * counted[i].times),
                       found = count_of(kept, counted[i].about, counted[i].name, counted[i].reason, counted[i].counter);
            if (found != (rare && expected == 0 ? -1 : expected))
                fail_msg("interval %zu, %s %s: expected %lld, found %lld", n, counted[i].about, counted[i].counter,
                         (long long)expected, (long long)found);
        }
    }
    json_decref(kept);
}

static void
test_states_are_words(void **state) {
    (void)state;
    static const struct {
        const char *about, *name, *path, *expected;
    } rows[] = {
        {"gate", NULL, "junction/status/state", "bypass"},
        {"gate", NULL, "junction/status/gateway", "down"},
        {"gate", NULL, "junction/status/standby", "unused"},
        {"gate", NULL, "vpgId", "v"},
        {"mirror", NULL, "junction/status/state", "unresolved"},
        {"mirror", NULL, "vpgId", "v"},
        {"port", "access0", "junction/status/state", "up"},
        {"sink", "kafka", "junction/status/state", "spooling"},
        {"sink", "kafka", "junction/status/type", "kafka"},
        {"sink", "kafka", "observer/name", "edge-1"},
        {"sink", "kafka", "event/dataset", "junction.status"},
        {"sink", "kafka", "@timestamp", "1970-01-01T00:01:00.000000000Z"},
    };
    count_everything(1);
    json_t *kept = next(NULL, 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        json_t *document = document_of(kept, rows[i].about, rows[i].name, NULL);
        assert_non_null(document);
        assert_string_equal(text_at(document, rows[i].path), rows[i].expected);
        json_decref(document);
    }
    json_t *worker = document_of(kept, "worker", "1", NULL);
    assert_int_equal(number_at(worker, "junction/status/now/ring_percent"), 75);
    json_decref(worker);
    json_decref(kept);
}

// Another life of the dataplane counts from 0, sinks go on; what is not seen for an interval is not counted twice.
static void
test_counting_goes_on_where_it_should(void **state) {
    (void)state;
    count_everything(4);
    json_t *kept = next(NULL, 1);
    f.sources.counters = NULL;
    f.sources.neighbours = f.sources.gates = NULL;
    kept = next(kept, 2);
    assert_int_equal(count_of(kept, "worker", "1", NULL, "rx_packets"), -1);
    f.sources.counters = &f.view;
    f.sources.neighbours = &f.neighbours;
    f.sources.gates = &f.gates;
    count_everything(2);
    kept = next(kept, 3);
    assert_int_equal(count_of(kept, "worker", "1", NULL, "rx_packets"), 2);
    assert_int_equal(count_of(kept, "mirror", NULL, NULL, "frames"), 4);
    f.counters->header.boot = 8;
    kept = next(kept, 1);
    assert_int_equal(count_of(kept, "worker", "1", NULL, "rx_packets"), 6);
    assert_int_equal(count_of(kept, "sink", "kafka", NULL, "delivered"), 0);
    f.sinks->sinks[3].counters[JN_SINK_COUNTER_DELIVERED] = 1; // its part was given to another
    kept = next(kept, 2);
    assert_int_equal(count_of(kept, "sink", "kafka", NULL, "delivered"), 1);
    json_decref(kept);
}

// As many as there may be are kept, those that were seen last.
static void
test_what_is_gone_is_not_kept_for_ever(void **state) {
    (void)state;
    enum { EACH = 3000, TIMES = 4, KEPT = 8192 };
    json_t *kept = NULL;
    for (unsigned int n = 0; n < TIMES + 1; n++) {
        struct status_interval of = interval(n + 1);
        struct status_things things = {.list = json_array(), .since = "7"};
        for (unsigned int i = 0; i < EACH && n < TIMES; i++) {
            char name[32];
            snprintf(name, sizeof(name), "%u", n * EACH + i);
            status_count(status_thing(&things, "mirror", name), "frames", 1);
        }
        json_t *made = status_documents(things.list, kept, &of);
        json_decref(kept);
        kept = made;
    }
    json_t *left = json_object_get(kept, "things"), *oldest = json_array_get(left, KEPT - 1);
    assert_int_equal(json_array_size(left), KEPT);
    assert_string_equal(text_at(json_array_get(left, 0), "name"), "9000");
    assert_string_equal(text_at(oldest, "name"), "5191");
    json_decref(kept);
}

static void
test_ids_are_where_they_are_said_to_be(void **state) {
    (void)state;
    static const char *const nodes[] = {"edge-1", "a \"quoted\\ one\"", "\u30ce\u30fc\u30c9"};
    for (size_t i = 0; i < COUNT(nodes); i++) {
        struct status_interval of = {nodes[i], 0xabcdef, 12, 1, UINT64_C(1700000000123456789)};
        char expected[128];
        json_t *kept = status_documents(status_sample(&f.sources), NULL, &of);
        const char *text = json_string_value(json_array_get(json_object_get(kept, "documents"), 1));
        json_t *document = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        json_t *id = json_loadb(text + status_id_at() - 1, status_id_length(text) + 2, JSON_DECODE_ANY, NULL);
        snprintf(expected, sizeof(expected), "%s-0000000000abcdef-status-12-1", nodes[i]);
        assert_string_equal(text_at(document, "event/id"), expected);
        assert_true(json_equal(id, at_path(document, "event/id")));
        assert_text_is(text + status_time_at(), TIME_TEXT_LENGTH, "2023-11-14T22:13:20.123456789Z");
        json_decref(id);
        json_decref(document);
        json_decref(kept);
    }
}

// A status that is opened anew stands for an exporter that was killed and started again.
static void
test_an_interval_is_told_of_once(void **state) {
    (void)state;
    struct status status;
    struct status_interval first = interval(1), second = interval(2);
    char err[JN_ERR_MAX], text[4096];
    count_everything(3);
    assert_int_equal(status_open(&status, "default", f.sinks, &f.names, err), 0);
    size_t count = status_begin(&status, &first);
    assert_true(count >= 2);
    assert_null(status_text(&status, count));
    snprintf(text, sizeof(text), "%s", status_text(&status, 0));
    status_close(&status, false);
    f.sinks->sinks[3].counters[JN_SINK_COUNTER_DELIVERED] += 4;
    assert_int_equal(status_open(&status, "default", f.sinks, &f.names, err), 0);
    assert_int_equal(status_begin(&status, &first), count);
    assert_string_equal(status_text(&status, 0), text);
    status_begin(&status, &second);
    status_close(&status, false);
    assert_int_equal(status_open(&status, "default", f.sinks, &f.names, err), 0);
    status_begin(&status, &second);
    assert_int_equal(count_of(status.kept, "sink", "kafka", NULL, "delivered"), 4);
    status_close(&status, false);
}

// Every counter, gauge and reason that there can be stands in the schema, from which the index's mapping is made.
static void
test_the_schema_knows_every_word(void **state) {
    (void)state;
    static const char *const words[] = {
#define X(counter, text) "\"" #counter "\"",
        JN_WORKER_COUNTERS(X) JN_PORT_COUNTERS(X) JN_PEER_COUNTERS(X) JN_GATE_COUNTERS(X)
#undef X
#define X(id, counter, text) "\"" #counter "\"",
            JN_SINK_COUNTERS(X) JN_SINK_GAUGES(X) JN_SINK_LOSSES(X)
#undef X
#define X(reason, text) "\"" #reason "\"",
                STATUS_TEXT_LOSSES(X)
#undef X
#define X(id, word, text) "\"" word "\"",
                    JN_DROPS(X) JN_EXCEPTIONS(X) JN_COPY_DROPS(X) JN_GATE_DROPS(X)
#undef X
    };
    json_t *schema = json_load_file(JN_SOURCE_ROOT "/docs/status.schema.json", JSON_REJECT_DUPLICATES, NULL);
    char *text = json_dumps(schema, JSON_COMPACT);
    for (size_t i = 0; i < COUNT(words); i++)
        if (strstr(text, words[i]) == NULL)
            fail_msg("docs/status.schema.json does not know %s", words[i]);
    free(text);
    json_decref(schema);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void) {
    const struct CMUnitTest tests[] = {
        TEST(test_each_region_is_told_of_by_its_differences),
        TEST(test_states_are_words),
        TEST(test_counting_goes_on_where_it_should),
        TEST(test_what_is_gone_is_not_kept_for_ever),
        TEST(test_ids_are_where_they_are_said_to_be),
        TEST(test_an_interval_is_told_of_once),
        TEST(test_the_schema_knows_every_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
