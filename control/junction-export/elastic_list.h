// SPDX-License-Identifier: BSD-3-Clause
// Lists of items, and which of them the next request is made of.
#pragma once

#include "elastic.h"

void elastic_list_clear(struct elastic_list *list);
void elastic_list_add(struct elastic_list *list, struct elastic_item *item);

// The first; NULL: there is none.
struct elastic_item *elastic_list_take(struct elastic_list *list);

// Fill an empty batch with what is due, if it is worth a request by now.
void elastic_fill(struct elastic_sink *s, struct elastic_batch *batch, uint64_t now);
