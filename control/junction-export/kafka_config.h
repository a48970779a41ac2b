// SPDX-License-Identifier: BSD-3-Clause
// The producer's properties: what Junction relies on, then the configuration's own, as they are.
#pragma once

#include <librdkafka/rdkafka.h>
#include <stdbool.h>

#include "config/config.h"
#include "log.h"

// Junction's own properties alone; the caller destroys it, or makes a producer of it.
rd_kafka_conf_t *kafka_config_begin(const struct jn_config_sink *config, char err[JN_ERR_MAX]);

// With the configuration's. gapless: as world_kafka.h has it. NULL with a sentence in err when librdkafka does not take a
// property.
rd_kafka_conf_t *kafka_config(const struct jn_config_sink *config, bool gapless, char err[JN_ERR_MAX]);
