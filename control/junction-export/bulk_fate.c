// SPDX-License-Identifier: BSD-3-Clause
#include "bulk_fate.h"

#include <stddef.h>
#include <string.h>

// The first row that fits counts. What is in none of them is not refused for good on the first word: many errors of a
// wrong setting look like those of a wrong document.
static const struct {
    unsigned int status;       // 0: any
    const char *type, *reason; // NULL: any; a part of the reason is enough
    enum bulk_fate fate;
    const char *advice;
} errors[] = {
    {409, "version_conflict_engine_exception", NULL, BULK_DELIVERED, NULL},
    {0, "mapper_parsing_exception", NULL, BULK_REFUSED, NULL},
    {0, "document_parsing_exception", NULL, BULK_REFUSED, NULL},
    {0, "strict_dynamic_mapping_exception", NULL, BULK_REFUSED, NULL},
    {413, NULL, NULL, BULK_REFUSED, NULL},
    {0, "cluster_block_exception", "flood", BULK_BLOCKED,
     "make room on the disks of the index's nodes; older servers want index.blocks.read_only_allow_delete set to null "
     "then"},
    {0, "cluster_block_exception", "read-only", BULK_BLOCKED,
     "make room on the disks of the index's nodes, then set index.blocks.read_only_allow_delete to null"},
    {0, "cluster_block_exception", NULL, BULK_BLOCKED, "take away the block of the index"},
    {0, "index_not_found_exception", NULL, BULK_BLOCKED,
     "let action.auto_create_index allow the index, or make it by hand"},
    {0, "index_closed_exception", NULL, BULK_BLOCKED, "open the index"},
    {0, "security_exception", NULL, BULK_BLOCKED,
     "give the user or the API key the privileges create_doc and auto_configure (or create_index) on the indices"},
    {0, "invalid_index_name_exception", NULL, BULK_BLOCKED, "mend indices in the configuration"},
    {0, "validation_exception", "maximum", BULK_BLOCKED,
     "delete old indices, or raise cluster.max_shards_per_node: no index can be made"},
    {0, "illegal_argument_exception", "pipeline", BULK_BLOCKED, "make the ingest pipeline, or mend pipeline"},
    {0, "es_rejected_execution_exception", NULL, BULK_BUSY, NULL},
    {0, "rejected_execution_exception", NULL, BULK_BUSY, NULL},
    {0, "circuit_breaking_exception", NULL, BULK_BUSY, NULL},
    {0, "unavailable_shards_exception", NULL, BULK_BUSY, NULL},
    {0, "process_cluster_event_timeout_exception", NULL, BULK_BUSY, NULL},
    {429, NULL, NULL, BULK_BUSY, NULL},
    {503, NULL, NULL, BULK_BUSY, NULL},
    {401, NULL, NULL, BULK_BLOCKED, "look at the API key, or at user and password"},
    {403, NULL, NULL, BULK_BLOCKED, "look at the privileges of the user or the API key"},
};

enum bulk_fate
bulk_fate_of(unsigned int status, const char *type, const char *reason, const char **advice) {
    *advice = NULL;
    if (status >= 200 && status < 300)
        return BULK_DELIVERED;
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if ((errors[i].status == 0 || errors[i].status == status) &&
            (errors[i].type == NULL || strcmp(errors[i].type, type) == 0) &&
            (errors[i].reason == NULL || strstr(reason, errors[i].reason) != NULL)) {
            *advice = errors[i].advice;
            return errors[i].fate;
        }
    return BULK_UNKNOWN;
}
