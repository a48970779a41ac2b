// SPDX-License-Identifier: BSD-3-Clause
// The server name, and annotations: by our own readers, and by nDPI.
#pragma once

#include "engine_flow.h"

// What our readers find in the sample. Before nDPI's.
void engine_texts_read(struct engine_work *work);

// What nDPI knows of the flow.
void engine_texts_of_ndpi(struct engine_work *work);
