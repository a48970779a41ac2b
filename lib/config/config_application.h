// SPDX-License-Identifier: BSD-3-Clause
// The classifier, and what rules say of applications.
#pragma once

#include "config/config_reader.h"

void jn_config_read_classifier(struct jn_reader *reader, const json_t *classifier);

// What a rule says of the application in its "match" at `at`, or NULL where it says nothing. The caller's, to free. The
// classifier was read, and of the VPG what may be said of its flows.
struct jn_config_application *jn_config_read_application(struct jn_reader *reader, const struct jn_config_vpg *vpg,
                                                         const json_t *match, const struct jn_json_step *at);
void jn_config_free_application(struct jn_config_application *application);
