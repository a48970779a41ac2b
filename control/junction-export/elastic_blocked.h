// SPDX-License-Identifier: BSD-3-Clause
// Indices that take nothing until somebody mends them: closed, read-only, not to be made. One of an old day is given up in the
// end, for its documents hold back what comes behind them: see LANE_FLIGHT_BYTES.
#pragma once

#include "elastic.h"

// The document's index took it.
void elastic_taken(struct elastic_sink *s, const struct document *document, uint64_t now);

// The document's index is blocked. True: it has been for so long, while indices of later days took documents of the same kind,
// that the document is to be refused. How long is in why, as words.
bool elastic_given_up(struct elastic_sink *s, const struct document *document, uint64_t now, char why[64]);
