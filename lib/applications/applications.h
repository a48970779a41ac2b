// SPDX-License-Identifier: BSD-3-Clause
// Applications, categories and risks by nDPI's numbers and names. Built with nDPI they are those of the nDPI that is built
// with; without it, applications that are guessed by port alone, and neither categories nor risks. Constant: any thread.
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct jn_application {
    const char *name;     // nDPI's, as ndpiReader prints it
    const char *breed;    // nDPI's word
    const char *protocol; // ECS network.protocol: in lower case; NULL when it says no more than network.transport
    uint16_t number;      // nDPI's; 0 is Unknown
};

// Was this built with nDPI? Else nobody knows applications but by port.
bool jn_applications_known(void);

// nDPI's version, "4.2.0"; "" without.
const char *jn_applications_version(void);

// All, by rising number; the first is Unknown.
unsigned int jn_application_count(void);
const struct jn_application *jn_application_at(unsigned int i);

// The one with that number of nDPI's, or NULL.
const struct jn_application *jn_application_by_number(uint16_t number);

// Numbers by name, in any case: "tls" is "TLS". -1: there is none. The name's nearest for an error: jn_application_at.
int jn_application_find(const char *name);
int jn_category_find(const char *name);
int jn_risk_find(const char *name);

// nDPI's names by its numbers; NULL: no such number. Categories are below jn_category_count, not all of them are used.
unsigned int jn_category_count(void);
const char *jn_category_name(unsigned int number);
unsigned int jn_risk_count(void);
const char *jn_risk_name(unsigned int number);
const char *jn_risk_severity(unsigned int number); // nDPI's word: "Low", "Medium", "High", "Severe"...
const char *jn_confidence_name(unsigned int number);
