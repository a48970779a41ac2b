// SPDX-License-Identifier: BSD-3-Clause
// Pieces of a man page, on standard output.
#pragma once

// Hyphens must be typed as they stand, so roff must not make them typographic.
void roff_text(const char *text);

// An option's paragraph; value: what its value is called, or NULL.
void roff_option(const char *dashes, const char *name, const char *value, const char *text);
