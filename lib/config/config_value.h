// SPDX-License-Identifier: BSD-3-Clause
// One value of the configuration by itself: what it means, and how it is said. No memory is kept.
#pragma once

#include "config/config_reader.h"

// A value, or a text, as it is said in a sentence: JSON on one line in plain ASCII, cut to fit.
const char *jn_value_shown(const json_t *value, char out[JN_SHOWN_MAX]);
const char *jn_text_shown(const char *text, char out[JN_SHOWN_MAX]);

// "02:00:5e:10:00:01". False when it is none, or not one host's: zero, or a group's.
bool jn_mac_parse(const char *text, uint8_t mac[6]);

// 443, or "8000-8080".
bool jn_port_range_parse(const json_t *value, uint16_t range[2]);
// 1 to 255, or 0 when it is no protocol.
uint8_t jn_protocol_parse(const json_t *value);
