// SPDX-License-Identifier: BSD-3-Clause
// One screen about a replay, made of its summary documents.
#include "replay_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <jansson.h>

enum { SHOWN_FLOWS = 15, SHOWN_PROTOCOLS = 15 };

struct totals {
    json_t *statistics; // key: sum
    json_t *protocols;  // name: {packets, bytes, flows}
    json_t *flows;      // ends: {packets, bytes, name}
    size_t summaries, flow_documents;
};

static void
add_number(json_t *sums, const char *key, const json_t *value) {
    json_int_t sum = json_integer_value(json_object_get(sums, key)) + json_integer_value(value);
    json_object_set_new(sums, key, json_integer(sum));
}

static void
add_members(json_t *table, const char *name, const json_t *row, const char *const *keys) {
    json_t *sums = json_object_get(table, name);
    if (sums == NULL) {
        sums = json_object();
        json_object_set_new(table, name, sums);
    }
    for (; *keys != NULL; keys++)
        add_number(sums, *keys, json_object_get(row, *keys));
}

static const char *
text_of(const json_t *object, const char *key) {
    const char *text = json_string_value(json_object_get(object, key));
    return text != NULL ? text : "?";
}

static void
add_known_flow(struct totals *totals, const json_t *flow) {
    static const char *const keys[] = {"packets", "bytes", NULL};
    char name[192];
    snprintf(name, sizeof(name), "%-6s %s:%lld - %s:%lld %s", text_of(flow, "protocol"), text_of(flow, "host_a.name"),
             (long long)json_integer_value(json_object_get(flow, "host_a.port")), text_of(flow, "host_b.name"),
             (long long)json_integer_value(json_object_get(flow, "host_b.port")),
             text_of(flow, "detected.protocol.name"));
    add_members(totals->flows, name, flow, keys);
}

static void
add_summary(struct totals *totals, const json_t *document) {
    static const char *const keys[] = {"packets", "bytes", "flows", NULL};
    const char *key;
    json_t *value;
    size_t i;
    totals->summaries++;
    // Maxima and averages are added like the rest, and not shown.
    json_object_foreach(json_object_get(document, "traffic.statistics"), key, value) {
        add_number(totals->statistics, key, value);
    }
    json_array_foreach(json_object_get(document, "detected.protos"), i, value) {
        add_members(totals->protocols, text_of(value, "name"), value, keys);
    }
    json_array_foreach(json_object_get(document, "known.flows"), i, value) {
        add_known_flow(totals, value);
    }
}

static void
read_documents(int input, struct totals *totals) {
    FILE *stream = fdopen(input, "r");
    char *line = NULL;
    size_t size = 0;
    for (ssize_t length; stream != NULL && (length = getline(&line, &size, stream)) > 0;) {
        json_t *document = json_loadb(line, (size_t)length, 0, NULL);
        if (json_object_get(document, "traffic.statistics") != NULL)
            add_summary(totals, document);
        else if (document != NULL)
            totals->flow_documents++;
        json_decref(document);
    }
    free(line);
    if (stream != NULL)
        fclose(stream);
}

struct ranked {
    const char *name;
    const json_t *row;
};

static int
by_row_bytes(const void *a, const void *b) {
    json_int_t x = json_integer_value(json_object_get(((const struct ranked *)a)->row, "bytes"));
    json_int_t y = json_integer_value(json_object_get(((const struct ranked *)b)->row, "bytes"));
    return x < y ? 1 : x > y ? -1 : 0;
}

static void
print_ranked(json_t *table, size_t shown, const char *title, bool flows) {
    size_t count = 0, room = json_object_size(table);
    struct ranked *ranked = calloc(room + 1, sizeof(*ranked));
    const char *name;
    json_t *row;
    if (ranked == NULL)
        return;
    json_object_foreach(table, name, row) {
        ranked[count++] = (struct ranked){name, row};
    }
    qsort(ranked, count, sizeof(*ranked), by_row_bytes);
    printf("\n%12s %14s %s %s\n", "packets", "bytes", flows ? "        flows" : "", title);
    for (size_t i = 0; i < count && i < shown; i++) {
        printf("%12lld %14lld ", (long long)json_integer_value(json_object_get(ranked[i].row, "packets")),
               (long long)json_integer_value(json_object_get(ranked[i].row, "bytes")));
        if (flows)
            printf("%13lld ", (long long)json_integer_value(json_object_get(ranked[i].row, "flows")));
        printf("%s%s\n", flows ? "" : " ", ranked[i].name);
    }
    free(ranked);
}

static void
print_totals(const struct totals *totals) {
    static const char *const shown[] = {"total.packets", "ip.packets",      "ip.bytes",     "tcp.pkts",
                                        "udp.pkts",      "fragmented.pkts", "vlan.pkts",    "mpls.pkts",
                                        "pppoe.pkts",    "discarded.bytes", "unique.flows", "ethernet.bytes"};
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++)
        printf("%-18s %14lld%s", shown[i], (long long)json_integer_value(json_object_get(totals->statistics, shown[i])),
               i % 3 == 2 ? "\n" : "    ");
}

bool
replay_table(int input, const char *capture) {
    struct totals totals = {.statistics = json_object(), .protocols = json_object(), .flows = json_object()};
    read_documents(input, &totals);
    if (totals.summaries > 0) {
        printf("%s: %zu summar%s, %zu flow documents\n\n", capture, totals.summaries,
               totals.summaries == 1 ? "y" : "ies", totals.flow_documents);
        print_totals(&totals);
        print_ranked(totals.protocols, SHOWN_PROTOCOLS, "protocol", true);
        print_ranked(totals.flows, SHOWN_FLOWS, "flow", false);
        fflush(stdout);
    }
    json_decref(totals.statistics);
    json_decref(totals.protocols);
    json_decref(totals.flows);
    return totals.summaries > 0;
}
