// SPDX-License-Identifier: BSD-3-Clause
// A port's link: is it there, and taken down for the other port of its wire. Main thread only.
#pragma once

#include "core/port.h"
#include "shm.h"

// Has the port its link? One that is taken down has none.
bool jn_port_has_link(const struct jn_port *port);

// Why it may have none, and what to do: part of a sentence, into text. Returns text.
const char *jn_port_no_link_text(const struct jn_port *port, char *text, size_t size);

// A port that was just started, of a wire whose link_loss is pass. 0, or -ENOTSUP with a sentence in err when its driver
// cannot take its link down.
int jn_port_link_check(const struct jn_port *port, char err[JN_ERR_MAX]);

// Take the port's link down, or bring it back. 0 or negative errno.
int jn_port_link_pass(struct jn_port *port, bool up);

// Take down once more what somebody else has brought up meanwhile.
void jn_port_link_keep_down(struct jn_port *port);
