// SPDX-License-Identifier: BSD-3-Clause
#include "engine_texts.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "dns_answers.h"
#include "engine.h"
#include "engine_result.h"
#include "ip_numbers.h"
#include "mqtt_client.h"
#include "sound_text.h"

static uint32_t
hash_of(const struct text *text) {
    uint32_t h = 2166136261u;
    for (unsigned int i = 0; i < text->length; i++)
        h = (h ^ (uint8_t)text->bytes[i]) * 16777619u;
    return h | 1; // 0: nothing was told
}

// Is it another text than what was told of that kind? Then it counts as told.
static bool
is_news(struct flow_search *search, unsigned int kind, const struct text *text) {
    uint32_t hash = hash_of(text);
    if (kind != JN_ANNOTATION_DNS_ANSWER) {
        bool news = search->told[kind] != hash;
        search->told[kind] = hash;
        return news;
    }
    for (unsigned int i = 0; i < search->dns_count; i++)
        if (search->dns_told[i] == hash)
            return false;
    if (search->dns_count == sizeof(search->dns_told) / sizeof(search->dns_told[0]))
        return false;
    search->dns_told[search->dns_count++] = hash;
    return true;
}

static void
tell(struct engine_work *work, unsigned int kind, const void *bytes, size_t length, bool cut) {
    struct engine_output *out = work->out;
    struct text text;
    if (length == 0 || out->annotation_count == ENGINE_TEXTS ||
        (work->sample->metadata != JN_METADATA_ALL && !text_is_name(kind)))
        return;
    text_make(&text, kind, bytes, length);
    if (text.length == 0 || !is_news(work->search, kind, &text))
        return;
    work->engine->counters->texts_cut += cut || text.cut;
    work->engine->counters->texts_cleaned += text.cleaned;
    struct jn_annotation *annotation = &out->annotations[out->annotation_count++];
    *annotation =
        (struct jn_annotation){.flow = work->sample->flow, .kind = (uint8_t)kind, .length = (uint8_t)text.length};
    memcpy(annotation->text, text.bytes, text.length);
}

static void
tell_array(struct engine_work *work, unsigned int kind, const char *text, size_t most) {
    tell(work, kind, text, strnlen(text, most), false);
}

static void
tell_string(struct engine_work *work, unsigned int kind, const char *text) {
    if (text != NULL)
        tell(work, kind, text, strlen(text), false);
}

// What rules by server name compare, as it came: made sound it could be another name. The dot of the root at its end says
// nothing.
static void
set_name(struct engine_work *work, const char *bytes, size_t length, bool cut) {
    struct flow_search *search = work->search;
    struct text text;
    text_make(&text, JN_ANNOTATION_SERVER_NAME, bytes, length);
    if (text.length > 1 && text.bytes[text.length - 1] == '.' && !cut && !text.cut)
        text.length--;
    search->name_length = (uint8_t)text.length;
    search->name_cut = cut || text.cut || !text_is_host(bytes, length);
    memcpy(search->name, text.bytes, text.length);
    memset(search->name + text.length, 0, sizeof(search->name) - text.length);
}

static void
read_host(struct engine_work *work) {
    struct flow_search *search = work->search;
    struct host_stream *stream = &search->stream;
    enum host_stream_reader found =
        host_stream_take(stream, work->sample->from_b == work->sample->initiator_b, &work->payload);
    if (found == HOST_STREAM_TLS) {
        bool cut = tls_name_is_cut(&stream->tls);
        set_name(work, stream->tls.name, stream->tls.kept, cut);
        search->name_from_tls = true;
        tell(work, JN_ANNOTATION_SERVER_NAME, stream->tls.name, stream->tls.kept, cut);
    } else if (found == HOST_STREAM_HTTP) {
        size_t length, target_length;
        bool cut;
        const char *path = http_host_path(&stream->http, &length),
                   *target = http_host_target(&stream->http, &target_length, &cut);
        if (target_length > 0)
            set_name(work, target, target_length, cut);
        else
            set_name(work, stream->http.host, stream->http.host_length, stream->http.host_cut);
        tell(work, JN_ANNOTATION_HTTP_HOST, stream->http.host, stream->http.host_length, stream->http.host_cut);
        tell(work, JN_ANNOTATION_HTTP_PATH, path, length, false);
    }
}

static void
read_dns(struct engine_work *work) {
    struct dns_answers dns;
    if (!dns_answers_read(work->payload.bytes, work->payload.length, work->payload.protocol == JN_IP_TCP, &dns))
        return;
    tell(work, JN_ANNOTATION_DNS_QUESTION, dns.question, dns.question_length, false);
    for (unsigned int i = 0; i < dns.count; i++) {
        char address[INET6_ADDRSTRLEN];
        inet_ntop(dns.addresses[i].family == 4 ? AF_INET : AF_INET6, dns.addresses[i].bytes, address, sizeof(address));
        tell_array(work, JN_ANNOTATION_DNS_ANSWER, address, sizeof(address));
    }
}

void
engine_texts_read(struct engine_work *work) {
    const struct packet_payload *payload = &work->payload;
    const uint8_t *client;
    size_t length;
    if (payload->bytes == NULL || payload->length == 0)
        return;
    if (payload->protocol == JN_IP_TCP && !work->search->name_from_tls)
        read_host(work);
    if (payload->protocol == JN_IP_TCP && mqtt_client_find(payload->bytes, payload->length, &client, &length))
        tell(work, JN_ANNOTATION_MQTT_CLIENT, client, length, false);
    if (engine_result_is(work->search, NDPI_PROTOCOL_DNS) || engine_result_is(work->search, NDPI_PROTOCOL_MDNS) ||
        engine_result_is(work->search, NDPI_PROTOCOL_LLMNR))
        read_dns(work);
}

static void
tell_time(struct engine_work *work, unsigned int kind, uint32_t seconds) {
    time_t time = (time_t)seconds;
    struct tm parts;
    char text[24];
    if (seconds != 0 && gmtime_r(&time, &parts) != NULL &&
        strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts) != 0)
        tell_array(work, kind, text, sizeof(text));
}

static const char *
version_text(uint16_t version) {
    switch (version) {
    case 0x0300: return "ssl 3.0";
    case 0x0301:
    case 0xfeff: return "1.0";
    case 0x0302: return "1.1";
    case 0x0303:
    case 0xfefd: return "1.2";
    case 0x0304: return "1.3";
    default: return NULL;
    }
}

// nDPI's name is the last 79 bytes of what the client sent: where our own reader had none. A server names nobody.
static void
take_name(struct engine_work *work) {
    const struct ndpi_flow_struct *flow = work->search->ndpi;
    size_t most = sizeof(flow->host_server_name) - 1, length = strnlen(flow->host_server_name, most);
    if (length == 0 || work->search->name_from_tls || !work->search->ndpi_by_client)
        return;
    set_name(work, flow->host_server_name, length, length == most);
    tell(work, JN_ANNOTATION_SERVER_NAME, flow->host_server_name, length, length == most);
}

static void
tell_tls(struct engine_work *work) {
    const struct ndpi_flow_struct *flow = work->search->ndpi;
    take_name(work);
    tell_string(work, JN_ANNOTATION_ALPN, flow->protos.tls_quic.alpn);
    tell_array(work, JN_ANNOTATION_JA3, flow->protos.tls_quic.ja3_client, sizeof(flow->protos.tls_quic.ja3_client));
    tell_array(work, JN_ANNOTATION_JA3S, flow->protos.tls_quic.ja3_server, sizeof(flow->protos.tls_quic.ja3_server));
    tell_string(work, JN_ANNOTATION_TLS_VERSION, version_text(flow->protos.tls_quic.ssl_version));
    tell_string(work, JN_ANNOTATION_CERTIFICATE_SUBJECT, flow->protos.tls_quic.subjectDN);
    tell_time(work, JN_ANNOTATION_CERTIFICATE_NOT_BEFORE, flow->protos.tls_quic.notBefore);
    tell_time(work, JN_ANNOTATION_CERTIFICATE_NOT_AFTER, flow->protos.tls_quic.notAfter);
}

static void
tell_risks(struct engine_work *work) {
    char text[17];
    if (work->search->ndpi->risk == 0)
        return;
    snprintf(text, sizeof(text), "%016llx", (unsigned long long)work->search->ndpi->risk);
    tell_array(work, JN_ANNOTATION_RISKS, text, sizeof(text));
}

void
engine_texts_of_ndpi(struct engine_work *work) {
    const struct ndpi_flow_struct *flow = work->search->ndpi;
    tell_risks(work);
    if (flow->confidence < NDPI_CONFIDENCE_DPI_CACHE)
        return; // guessed: nothing was read
    tell_string(work, JN_ANNOTATION_USER_AGENT, flow->http.user_agent);
    if (engine_result_has_tls(work->search))
        tell_tls(work);
    if (engine_result_is(work->search, NDPI_PROTOCOL_SSH)) {
        tell_array(work, JN_ANNOTATION_SSH_CLIENT, flow->protos.ssh.client_signature,
                   sizeof(flow->protos.ssh.client_signature));
        tell_array(work, JN_ANNOTATION_SSH_SERVER, flow->protos.ssh.server_signature,
                   sizeof(flow->protos.ssh.server_signature));
    }
    if (engine_result_is(work->search, NDPI_PROTOCOL_DHCP)) {
        tell_array(work, JN_ANNOTATION_DHCP_HOSTNAME, flow->host_server_name, sizeof(flow->host_server_name));
        tell_array(work, JN_ANNOTATION_DHCP_FINGERPRINT, flow->protos.dhcp.fingerprint,
                   sizeof(flow->protos.dhcp.fingerprint));
    }
}
