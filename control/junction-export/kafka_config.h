// SPDX-License-Identifier: BSD-3-Clause
// The producer's properties: what Junction relies on, then the configuration's own, as they are.
#pragma once

#include <librdkafka/rdkafka.h>

#include "config/config.h"

// NULL with a sentence in err when librdkafka does not take a property.
rd_kafka_conf_t *kafka_config(const struct jn_config_sink *config, char err[JN_ERR_MAX]);
