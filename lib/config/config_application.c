// SPDX-License-Identifier: BSD-3-Clause
// The classifier, and what rules say of applications: by the names that nDPI has for them, and by servers' names.
#include "config/config_application.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "applications/applications.h"
#include "config/config_kind.h"
#include "config/config_value.h"

// RFC 1035 section 2.3.4, as text: without the length of the first label and that of the root.
enum { MOST_NAME_BYTES = 253, MOST_LABEL_BYTES = 63 };

struct reading {
    struct jn_reader *reader;
    struct jn_config_application *out;
    bool decided; // an application is named beside "undecided"
};

void
jn_config_read_classifier(struct jn_reader *reader, const json_t *classifier) {
    struct jn_config_classifier *out = &reader->config->classifier;
    bool wanted = jn_get_bool(classifier, JN_KEY_CLASSIFIER_ENABLED);
    out->enabled = wanted && jn_applications_known();
    out->threads = (uint32_t)jn_get_integer(classifier, JN_KEY_CLASSIFIER_THREADS);
    out->flows = (uint32_t)jn_get_integer(classifier, JN_KEY_CLASSIFIER_FLOWS);
    out->ring_entries = (uint32_t)jn_get_integer(classifier, JN_KEY_CLASSIFIER_RING);
    if (wanted && !out->enabled && jn_get_part(classifier, JN_KEY_CLASSIFIER_ENABLED) != NULL)
        jn_reader_warn(reader, JN_MEMBER(JN_MEMBER(NULL, "classifier"), "enabled"),
                       "this Junction was built without nDPI: applications are guessed by port");
}

static void
say_unknown(struct reading *r, const struct jn_json_step *at, const char *what, const char *name,
            const struct jn_names *known) {
    char shown[JN_SHOWN_MAX], meant[JN_SHOWN_MAX + 24];
    jn_reader_error(r->reader, at, "no %s of nDPI %s is named %s%s", what, jn_applications_version(),
                    jn_text_shown(name, shown), jn_did_you_mean(jn_names_nearest(known, name), meant));
}

static void
set_bit(uint64_t *words, int number) {
    words[number / 64] |= UINT64_C(1) << number % 64;
}

static void
take_application(struct reading *r, const char *name, const struct jn_json_step *at) {
    const char *known[JN_APPLICATION_NUMBERS + 1] = {"undecided"};
    struct jn_names names = {known, 1};
    int number = jn_application_find(name);
    if (strcasecmp(name, known[0]) == 0) {
        r->out->match.undecided = 1;
    } else if (number >= 0 && number < (int)JN_APPLICATION_NUMBERS) {
        r->decided = true;
        set_bit(r->out->match.applications, number);
    } else {
        r->decided = true;
        for (unsigned int i = 0; i < jn_application_count() && i < JN_APPLICATION_NUMBERS; i++)
            known[names.count++] = jn_application_at(i)->name;
        say_unknown(r, at, "application", name, &names);
    }
}

static void
take_category(struct reading *r, const char *name, const struct jn_json_step *at) {
    const char *known[JN_CATEGORY_NUMBERS];
    struct jn_names names = {known, 0};
    int number = jn_category_find(name);
    if (number >= 0 && number < (int)JN_CATEGORY_NUMBERS) {
        set_bit(r->out->match.categories, number);
        return;
    }
    for (unsigned int i = 0; i < jn_category_count() && i < JN_CATEGORY_NUMBERS; i++)
        if (jn_category_name(i) != NULL)
            known[names.count++] = jn_category_name(i);
    say_unknown(r, at, "category", name, &names);
}

static void
take_risk(struct reading *r, const char *name, const struct jn_json_step *at) {
    const char *known[64];
    struct jn_names names = {known, 0};
    int number = jn_risk_find(name);
    if (number >= 0 && number < 64) {
        set_bit(&r->out->match.risks, number);
        return;
    }
    for (unsigned int i = 0; i < jn_risk_count() && i < 64; i++)
        if (jn_risk_name(i) != NULL)
            known[names.count++] = jn_risk_name(i);
    say_unknown(r, at, "risk", name, &names);
}

// Letters, digits, hyphens inside (RFC 1035 section 2.3.1), and underscores, which names of hosts have all the same.
static bool
is_label(const char *label, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)label[i]) && label[i] != '-' && label[i] != '_')
            return false;
    return length >= 1 && length <= MOST_LABEL_BYTES && label[0] != '-' && label[length - 1] != '-';
}

static bool
is_ascii(const char *text) {
    while (*text != '\0' && (unsigned char)*text < 0x80)
        text++;
    return *text == '\0';
}

// What is wrong with it, or NULL with the name in `out`.
static const char *
read_server_name(const char *text, struct jn_config_server_name *out) {
    if (!is_ascii(text))
        return "its xn-- form (IDNA), for it is not ASCII";
    out->wildcard = strncmp(text, "*.", 2) == 0;
    text += out->wildcard ? 2 : 0;
    size_t length = strlen(text);
    if (length > 1 && text[length - 1] == '.') // the root
        length--;
    if (length > MOST_NAME_BYTES)
        return "a host name of at most 253 bytes";
    if (memchr(text, '*', length) != NULL)
        return "\"*.\" before a name, and no other wildcard";
    for (size_t start = 0, end; start <= length; start = end + 1) {
        end = start + strcspn(text + start, ".");
        end = end < length ? end : length;
        if (!is_label(text + start, end - start))
            return "a host name such as \"example.org\" or \"*.example.org\", of labels of 1 to 63 letters, digits, - "
                   "and _";
    }
    for (size_t i = 0; i < length; i++)
        out->text[i] = (char)tolower((unsigned char)text[i]);
    out->text[length] = '\0';
    return NULL;
}

static void
take_server_name(struct reading *r, const char *name, const struct jn_json_step *at) {
    char shown[JN_SHOWN_MAX];
    const char *expected = read_server_name(name, &r->out->names[r->out->name_count]);
    if (expected == NULL)
        r->out->name_count++;
    else
        jn_reader_error(r->reader, at, "expected %s, found %s", expected, jn_text_shown(name, shown));
}

// The names that the key has: one, or a list.
static void
take_each(struct reading *r, const json_t *match, enum jn_key key, const struct jn_json_step *at,
          void (*take)(struct reading *r, const char *name, const struct jn_json_step *at)) {
    const json_t *value = jn_get_part(match, key);
    const struct jn_json_step *here = JN_MEMBER(at, jn_key_name(key));
    if (json_is_string(value))
        take(r, json_string_value(value), here);
    for (size_t i = 0; i < json_array_size(value); i++)
        take(r, json_string_value(json_array_get(value, i)), JN_ITEM(here, i));
}

static const char *
why_not(const struct jn_config *config, const struct jn_config_vpg *vpg) {
    if (!jn_applications_known())
        return "this Junction was built without nDPI";
    if (!config->classifier.enabled)
        return "the classifier is off (classifier.enabled)";
    return vpg->metadata == JN_METADATA_NONE ? "inspection.metadata of this VPG is \"none\"" : NULL;
}

// Can flows be looked at as the rule wants it? Said once a rule, at the first of its keys.
static bool
can_look(struct jn_reader *reader, const struct jn_config_vpg *vpg, const json_t *match, const enum jn_key *keys,
         size_t count, const struct jn_json_step *at) {
    const char *reason = why_not(reader->config, vpg);
    for (size_t i = 0; i < count; i++) {
        if (json_object_get(match, jn_key_name(keys[i])) == NULL)
            continue;
        if (reason != NULL)
            jn_reader_error(reader, JN_MEMBER(at, jn_key_name(keys[i])), "no rule can look at applications: %s",
                            reason);
        return reason == NULL;
    }
    return false;
}

struct jn_config_application *
jn_config_read_application(struct jn_reader *reader, const struct jn_config_vpg *vpg, const json_t *match,
                           const struct jn_json_step *at) {
    static const enum jn_key keys[] = {JN_KEY_MATCH_APPLICATION, JN_KEY_MATCH_CATEGORY, JN_KEY_MATCH_SERVER_NAME,
                                       JN_KEY_MATCH_RISK};
    if (!can_look(reader, vpg, match, keys, sizeof(keys) / sizeof(keys[0]), at))
        return NULL;
    const json_t *names = jn_get_part(match, JN_KEY_MATCH_SERVER_NAME);
    struct reading r = {.reader = reader, .out = jn_reader_allocate(reader, 1, sizeof(*r.out))};
    if (r.out != NULL)
        r.out->names =
            jn_reader_allocate(reader, json_is_string(names) ? 1 : json_array_size(names), sizeof(*r.out->names));
    if (r.out == NULL || r.out->names == NULL) {
        free(r.out);
        return NULL;
    }
    take_each(&r, match, JN_KEY_MATCH_APPLICATION, at, take_application);
    take_each(&r, match, JN_KEY_MATCH_CATEGORY, at, take_category);
    take_each(&r, match, JN_KEY_MATCH_SERVER_NAME, at, take_server_name);
    take_each(&r, match, JN_KEY_MATCH_RISK, at, take_risk);
    bool others = r.decided;
    for (size_t i = 1; i < sizeof(keys) / sizeof(keys[0]); i++)
        others |= json_object_get(match, jn_key_name(keys[i])) != NULL;
    if (r.out->match.undecided && others)
        jn_reader_error(reader, JN_MEMBER(at, "application"),
                        "\"undecided\" stands alone: nothing else is known of such a flow yet");
    return r.out;
}

void
jn_config_free_application(struct jn_config_application *application) {
    if (application == NULL)
        return;
    free(application->names);
    free(application);
}
