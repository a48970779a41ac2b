// SPDX-License-Identifier: BSD-3-Clause
#include "flow_application.h"

#include "annotation_check.h"
#include "applications/applications.h"
#include "flow_pieces.h"

// What a member is called, and which text it is.
struct member {
    const char *name; // with the quotes, the colon, and the quote that begins the text
    uint8_t kind;
};
#define MEMBER(name, id)                                                                                               \
    { "\"" name "\":\"", JN_ANNOTATION_##id }
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

char *
put_application_words(char *at, const struct flow_view *v) {
    uint16_t number = v->application.number, master = v->application.master;
    bool carried = master != 0 && number != 0 && master != number;
    uint16_t protocol = master != 0 ? master : number;
    if (protocols_word(protocol, v->flow->protocol) != NULL)
        at = PUT(put_piece(PUT(at, "\"protocol\":\""), &flow_pieces.application[protocol]), "\",");
    if (carried && protocols_word(number, v->flow->protocol) != NULL)
        at = PUT(put_piece(PUT(at, "\"application\":\""), &flow_pieces.application[number]), "\",");
    return at;
}

static char *
put_text(char *at, const struct flow_text *text) {
    at = put_escaped_whole(at, text->text, text->length);
    *at++ = '"';
    return at;
}

// The texts that there are, as an object without its braces; each with a comma before it.
static char *
put_members(char *at, const struct flow_texts *texts, const struct member *members, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (!flow_texts_have(texts, members[i].kind))
            continue;
        *at++ = ',';
        at = put_bytes(at, members[i].name, strlen(members[i].name));
        at = put_text(at, &texts->of[members[i].kind]);
    }
    return at;
}

// An object of what `begin` to `at` has, which began with a comma; nothing when it is empty. head: its name, quoted, and the
// colon, with a comma before it.
static char *
close_object(char *begin, char *at, const char *head, size_t head_length) {
    if (at == begin)
        return begin;
    memmove(begin + head_length, begin, (size_t)(at - begin));
    memcpy(begin, head, head_length);
    begin[head_length] = '{'; // in place of the first comma
    at += head_length;
    *at++ = '}';
    return at;
}
#define CLOSE(begin, at, name)               close_object(begin, at, ",\"" name "\":", sizeof(",\"" name "\":") - 1)
#define PUT_OBJECT(at, texts, members, name) CLOSE(at, put_members(at, texts, members, COUNT(members)), name)

static char *
put_tls(char *begin, const struct flow_texts *texts) {
    static const struct member client[] = {MEMBER("server_name", SERVER_NAME), MEMBER("ja3", JA3)};
    static const struct member server[] = {MEMBER("ja3s", JA3S), MEMBER("subject", CERTIFICATE_SUBJECT),
                                           MEMBER("not_before", CERTIFICATE_NOT_BEFORE),
                                           MEMBER("not_after", CERTIFICATE_NOT_AFTER)};
    static const struct member tls[] = {MEMBER("version", TLS_VERSION), MEMBER("next_protocol", ALPN)};
    char *at = put_members(begin, texts, tls, COUNT(tls));
    at = PUT_OBJECT(at, texts, client, "client");
    at = PUT_OBJECT(at, texts, server, "server");
    return CLOSE(begin, at, "tls");
}

static char *
put_dns(char *begin, const struct flow_texts *texts) {
    static const struct member question[] = {MEMBER("name", DNS_QUESTION)};
    char *at = PUT_OBJECT(begin, texts, question, "question");
    for (unsigned int i = 0; i < texts->answer_count; i++) {
        at = i == 0 ? PUT(at, ",\"resolved_ip\":[\"") : PUT(at, ",\"");
        at = put_text(at, &texts->answers[i]);
    }
    if (texts->answer_count > 0)
        *at++ = ']';
    return CLOSE(begin, at, "dns");
}

char *
put_texts(char *at, const struct flow_texts *texts) {
    static const struct member url[] = {MEMBER("domain", HTTP_HOST), MEMBER("path", HTTP_PATH)};
    static const struct member user_agent[] = {MEMBER("original", USER_AGENT)};
    at = put_tls(at, texts);
    at = PUT_OBJECT(at, texts, url, "url");
    at = PUT_OBJECT(at, texts, user_agent, "user_agent");
    return put_dns(at, texts);
}

static char *
put_named(char *at, const char *head, size_t head_length, const char *name) {
    if (name == NULL)
        return at;
    at = put_bytes(at, head, head_length);
    at = put_escaped(at, name, strlen(name));
    *at++ = '"';
    return at;
}
#define PUT_NAMED(at, key, name) put_named(at, ",\"" key "\":\"", sizeof(",\"" key "\":\"") - 1, name)

static char *
put_risks(char *begin, uint64_t risks) {
    char *at = begin;
    for (unsigned int i = 0; i < 64; i++) {
        const char *name = risks >> i & 1 ? jn_risk_name(i) : NULL;
        if (name == NULL)
            continue;
        at = at == begin ? PUT(at, ",\"risks\":[{\"name\":\"") : PUT(at, ",{\"name\":\"");
        at = put_escaped(at, name, strlen(name));
        *at++ = '"';
        at = PUT_NAMED(at, "severity", jn_risk_severity(i));
        *at++ = '}';
    }
    if (at != begin)
        *at++ = ']';
    return at;
}

// Of what ECS has no field for.
static char *
put_other_texts(char *at, const struct flow_texts *texts) {
    static const struct member ssh[] = {MEMBER("client", SSH_CLIENT), MEMBER("server", SSH_SERVER)};
    static const struct member dhcp[] = {MEMBER("hostname", DHCP_HOSTNAME), MEMBER("fingerprint", DHCP_FINGERPRINT)};
    static const struct member mqtt[] = {MEMBER("client_id", MQTT_CLIENT)};
    if (flow_texts_have(texts, JN_ANNOTATION_RISKS) && texts->of[JN_ANNOTATION_RISKS].length == 16)
        at = put_risks(at, annotation_risks(texts->of[JN_ANNOTATION_RISKS].text));
    at = PUT_OBJECT(at, texts, ssh, "ssh");
    at = PUT_OBJECT(at, texts, dhcp, "dhcp");
    return PUT_OBJECT(at, texts, mqtt, "mqtt");
}

char *
put_application(char *begin, const struct flow_view *v) {
    enum jn_application_phase phase = jn_application_phase(v->flow->flags);
    char *at = begin;
    if (phase != JN_APPLICATION_NONE_PHASE && v->flow->application != JN_APPLICATION_NONE) {
        at = PUT_NAMED(at, "name", protocols_name(v->application.number));
        at = PUT_NAMED(at, "category", jn_category_name(v->flow->application_category));
        at = PUT_NAMED(at, "confidence", jn_confidence_name(v->flow->application_confidence));
    }
    if (v->texts != NULL)
        at = put_other_texts(at, v->texts);
    return CLOSE(begin, at, "application");
}
