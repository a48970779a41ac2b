// SPDX-License-Identifier: BSD-3-Clause
// Any flow record makes the document that a plain writer by jansson makes of it, byte for byte. Each 256 bytes are a record, a
// shorter rest is its beginning: they come one behind another, for the writer keeps texts of the record before.
#include "flow_document.h"
#include "flow_mix.h"
#include "fuzz.h"
#include "plain_document.h"
#include "protocols.h"
#include "record_check.h"
#include "sound_record.h"

static struct jn_record mix[MIX_RECORDS];
static struct names names, none;
static struct flow_writer writers[4];
static const char ports[JN_MAX_PORTS][JN_NAME_MAX] = {"access0", "network0", "a\"b\\c", "n\xc3\xb8"};

int
LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    protocols_init();
    mix_records(mix);
    names_open(&none, "none");
    names_open(&names, "named");
    names_use(&names, mix_policy(mix));
    for (unsigned int i = 0; i < 4; i++) {
        flow_writer_open(&writers[i], "edge-1", i & 1 ? &names : &none);
        flow_writer_ports(&writers[i], ports);
        writers[i].lean = i & 2;
    }
    return 0;
}

static void
compare(struct flow_writer *writer, const struct jn_record *record) {
    static struct flow_document document;
    const struct plain_writer plain = {.names = writer->names, .node = "edge-1", .ports = ports, .lean = writer->lean};
    flow_document_write(writer, record, &document);
    char *expected = plain_document(&plain, record);
    demand(expected != NULL && document.length == strlen(expected) &&
           memcmp(document.text, expected, document.length) == 0);
    demand(memcmp(document.text + document.id_at - 6, "\"id\":\"", 6) == 0 &&
           document.text[document.id_at + document.id_length] == '"');
    free(expected);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    for (size_t used; size > 0; data += used, size -= used) {
        struct jn_record record = mix[size % MIX_RECORDS];
        used = size < sizeof(record) ? size : sizeof(record);
        memcpy(&record, data, used);
        make_sound(&record);
        demand(record_error(&record, record.worker) == NULL);
        for (unsigned int i = 0; i < 4; i++)
            compare(&writers[i], &record);
    }
    return 0;
}
