// SPDX-License-Identifier: BSD-3-Clause
#include "applications/applications.h"

#include <stddef.h>
#include <strings.h>

#include "applications/port_applications.h"
#ifdef JN_NDPI
#include "ndpi_lists.h"
#else
#define JN_NDPI_VERSION ""
#endif

static const struct jn_application applications[] = {
#ifdef JN_NDPI
#define X(number, name, breed, protocol) {name, breed, protocol, number},
    JN_NDPI_APPLICATIONS(X)
#undef X
#else
#define X(id, name, number, breed, protocol) {name, breed, protocol, number},
    JN_PORT_APPLICATIONS(X)
#undef X
#endif
};
#ifdef JN_NDPI
#define X(number, name, breed, protocol)                                                                               \
    _Static_assert(sizeof(protocol) <= 48, name " is a word that documents' writer has room for");
JN_NDPI_APPLICATIONS(X)
#undef X
#endif
enum { APPLICATION_COUNT = sizeof(applications) / sizeof(applications[0]) };

struct risk {
    const char *name, *severity;
};

#ifdef JN_NDPI
#define X(number, name) name,
static const char *const categories[] = {JN_NDPI_CATEGORIES(X)};
static const char *const confidences[] = {JN_NDPI_CONFIDENCES(X)};
#undef X
#define X(number, name, severity) {name, severity},
static const struct risk risks[] = {JN_NDPI_RISKS(X)};
#undef X
// Variables: with none of a kind, a comparison with a constant is one that is always false.
static const unsigned int category_count = sizeof(categories) / sizeof(categories[0]),
                          confidence_count = sizeof(confidences) / sizeof(confidences[0]),
                          risk_count = sizeof(risks) / sizeof(risks[0]);
#else
static const char *const categories[1], *const confidences[1];
static const struct risk risks[1];
static const unsigned int category_count = 0, confidence_count = 0, risk_count = 0;
#endif

bool
jn_applications_known(void) {
    return JN_NDPI_VERSION[0] != '\0';
}

const char *
jn_applications_version(void) {
    return JN_NDPI_VERSION;
}

unsigned int
jn_application_count(void) {
    return APPLICATION_COUNT;
}

const struct jn_application *
jn_application_at(unsigned int i) {
    return i < APPLICATION_COUNT ? &applications[i] : NULL;
}

const struct jn_application *
jn_application_by_number(uint16_t number) {
    if (number < APPLICATION_COUNT && applications[number].number == number)
        return &applications[number];
    for (unsigned int i = 0; i < APPLICATION_COUNT; i++)
        if (applications[i].number == number)
            return &applications[i];
    return NULL;
}

int
jn_application_find(const char *name) {
    for (unsigned int i = 0; i < APPLICATION_COUNT; i++)
        if (strcasecmp(applications[i].name, name) == 0)
            return applications[i].number;
    return -1;
}

static bool
is_named(const char *candidate, const char *name) {
    return candidate != NULL && candidate[0] != '\0' && strcasecmp(candidate, name) == 0;
}

unsigned int
jn_category_count(void) {
    return category_count;
}

const char *
jn_category_name(unsigned int number) {
    return number < category_count && categories[number][0] != '\0' ? categories[number] : NULL;
}

int
jn_category_find(const char *name) {
    for (unsigned int i = 0; i < category_count; i++)
        if (is_named(categories[i], name))
            return (int)i;
    return -1;
}

unsigned int
jn_risk_count(void) {
    return risk_count;
}

const char *
jn_risk_name(unsigned int number) {
    return number < risk_count && risks[number].name[0] != '\0' ? risks[number].name : NULL;
}

const char *
jn_risk_severity(unsigned int number) {
    return number < risk_count && risks[number].severity[0] != '\0' ? risks[number].severity : NULL;
}

int
jn_risk_find(const char *name) {
    for (unsigned int i = 0; i < risk_count; i++)
        if (is_named(risks[i].name, name))
            return (int)i;
    return -1;
}

const char *
jn_confidence_name(unsigned int number) {
    return number < confidence_count && confidences[number][0] != '\0' ? confidences[number] : NULL;
}
