// SPDX-License-Identifier: BSD-3-Clause
#include "sinks.h"

#include "seqlock.h"

bool
jn_sink_texts(const struct jn_sink_view *view, char trouble[JN_SINK_TEXT_MAX], char advice[JN_SINK_TEXT_MAX]) {
    for (unsigned int attempt = 0; attempt < 1000; attempt++) {
        uint64_t version = __atomic_load_n(&view->version, __ATOMIC_ACQUIRE);
        jn_seq_load(trouble, view->trouble, JN_SINK_TEXT_MAX);
        jn_seq_load(advice, view->advice, JN_SINK_TEXT_MAX);
        trouble[JN_SINK_TEXT_MAX - 1] = advice[JN_SINK_TEXT_MAX - 1] = '\0';
        if (version % 2 == 0 && __atomic_load_n(&view->version, __ATOMIC_RELAXED) == version)
            return true;
    }
    return false;
}
