// SPDX-License-Identifier: BSD-3-Clause
// An aggregator, the texts of flows, and a writer of documents that joins them.
#pragma once

#include "applications/applications.h"
#include "export_aggregator.h"
#include "export_annotations.h"

enum { TLS = 91, DNS = 5, DHCP = 18, SSH = 92, MQTT = 222, ICMP = 81, GOOGLE = 126, BY_PORT = 1, BY_DPI = 4 };

static struct names names;
static struct annotated kept;
static struct flow_writer writer;

static inline int
setup(void **state) {
    char err[JN_ERR_MAX];
    static const uint64_t tails[1], heads[1] = {1000};
    (void)state;
    open_aggregator(64);
    if (annotated_open(&kept, instance, 64, err) < 0 || !aggregate_attach(&aggregator, TEST_BOOT, 1, tails, heads))
        return -1;
    flow_writer_open(&writer, "edge-1", &names);
    writer.annotated = &kept;
    return 0;
}

static inline int
teardown(void **state) {
    annotated_close(&kept, true);
    return close_aggregator(state);
}

static inline void
keep(const struct jn_record *record, enum jn_annotation_kind kind, const char *text) {
    struct jn_annotation annotation = annotation_of(record, kind, text);
    annotated_add(&kept, &annotation);
}

// What is wanted of one part of a document, NULL: that it is missing.
static inline void
assert_part(json_t *document, const char *path, const char *expected) {
    char *found = json_dumps(at_path(document, path), JSON_COMPACT | JSON_ENCODE_ANY | JSON_SORT_KEYS);
    const char *wanted = expected != NULL ? expected : "(none)", *is = found != NULL ? found : "(none)";
    if (strcmp(is, wanted) != 0)
        fail_msg("%s: expected %s, found %s", path, wanted, is);
    free(found);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
