// SPDX-License-Identifier: BSD-3-Clause
// What a flow document says of its flow's application, and the texts that junction-classify read in its packets. Each returns
// the new end.
#pragma once

#include "flow_junction.h"

// network.protocol and network.application, each with a comma behind it.
char *put_application_words(char *at, const struct flow_view *view);

// Members of ECS ("tls", "url", "user_agent", "dns"), each with a comma before it.
char *put_texts(char *at, const struct flow_texts *texts);

// The member "application" of "junction", with a comma before it; nothing where there is no more than a guess by port.
char *put_application(char *at, const struct flow_view *view);
