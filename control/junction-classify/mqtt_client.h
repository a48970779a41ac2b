// SPDX-License-Identifier: BSD-3-Clause
// The client identifier in a CONNECT of MQTT 3.1, 3.1.1 and 5. nDPI has none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Does the payload begin with a CONNECT that has an identifier? *client: where it is, `*kept` bytes of it here, which may be
// fewer than it has.
bool mqtt_client_find(const uint8_t *bytes, size_t length, const uint8_t **client, size_t *kept);
