// SPDX-License-Identifier: BSD-3-Clause
// What an error of Elasticsearch or OpenSearch means for a document.
#pragma once

enum bulk_fate {
    BULK_DELIVERED, // it is there, now or since before
    BULK_REFUSED,   // it never will be: the document does not fit
    BULK_BUSY,      // soon
    BULK_BLOCKED,   // once somebody has mended something else than the document
    BULK_UNKNOWN,   // it may be either
};

// advice: what to do, or NULL. status: of the document. type and reason: of the error, never NULL.
enum bulk_fate bulk_fate_of(unsigned int status, const char *type, const char *reason, const char **advice);
