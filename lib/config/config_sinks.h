// SPDX-License-Identifier: BSD-3-Clause
// The sinks: where documents go. A new one takes a row in each list here, and its `struct sink_type sink_<name>` in
// control/junction-export.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sinks.h"

#define JN_MAX_SINK_URLS    16
#define JN_MAX_SINK_HEADERS 32

// X(ID, name, spooled, "explanation"). The name is the word of a sink's type, and the sink's name where it has none of its
// own. A part of the sink that has the name is its own, and must be there when any key in it is required. Names are only
// pasted and quoted: stdout is a macro. spooled: does it have a spool unless told otherwise?
#define JN_SINKS(X)                                                                                                    \
    X(STDOUT, stdout, false, "JSON lines on standard output")                                                          \
    X(FILE, file, false, "JSON lines in a file")                                                                       \
    X(KAFKA, kafka, true, "topics of Kafka")                                                                           \
    X(ELASTICSEARCH, elasticsearch, true, "indices of Elasticsearch or OpenSearch")                                    \
    X(HTTP, http, true, "POST requests to a web service")

enum jn_sink_type {
#define X(id, name, spooled, text) JN_SINK_##id,
    JN_SINKS(X)
#undef X
        JN_SINK_COUNT
};

#define JN_SINK_WORD(id, name, spooled, text) "|" #name
#define JN_SINK_WORDS                         &(JN_SINKS(JN_SINK_WORD))[1] // "stdout|file|kafka" and so on

#define JN_SINK_COMPRESSIONS "none|gzip"
enum jn_sink_compression { JN_SINK_PLAIN, JN_SINK_GZIP };

#define JN_SINK_CLEANUPS "delete|compact|compact,delete" // as Kafka has them

// The keys of a sink, as JN_CONFIG_KEYS has them, once for each place where a sink stands: P begins their ids, AT their
// paths. What is read by a key of the one place is read alike at the other.
// clang-format off
#define JN_SINK_KEYS(X, P, AT)                                                                                         \
    X(P##_NAME, AT ".name", NAME, OPTIONAL, RESTART, 1, JN_SINK_NAME_MAX - 1, "(its type)", NULL,                      \
      "Its name in logs, in junctionctl show sinks, and of its directory in the spool")                                \
    X(P##_TYPE, AT ".type", WORD, OPTIONAL, RESTART, 0, 0, "stdout", JN_SINK_WORDS, "Kind of sink")                    \
    X(P##_TOPICS, AT ".topics", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "Kafka topics")                           \
    X(P##_TOPIC_SUMMARY, AT ".topics.summary", NAME, OPTIONAL, RESTART, 1, 127, "junction.summary", NULL,              \
      "Topic of summaries")                                                                                            \
    X(P##_TOPIC_FLOW, AT ".topics.flow", NAME, OPTIONAL, RESTART, 1, 127, "junction.flow", NULL,                       \
      "Topic of flow records")                                                                                         \
    X(P##_PROPERTIES, AT ".properties", PROPERTIES, OPTIONAL, RESTART, 0, JN_MAX_PROPERTIES, NULL, NULL,               \
      "Handed to librdkafka as they are; bootstrap.servers is a must, acks and enable.idempotence are Junction's")     \
    X(P##_CREATE, AT ".create", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL,                                           \
      "Kafka topics that are not there are created, so")                                                               \
    X(P##_CREATE_PARTITIONS, AT ".create.partitions", INTEGER, OPTIONAL, RESTART, 1, 100000, "(the broker's)", NULL,   \
      "Partitions of a new topic")                                                                                     \
    X(P##_CREATE_REPLICATION, AT ".create.replication_factor", INTEGER, OPTIONAL, RESTART, 1, 1000, "(the broker's)",  \
      NULL, "Replicas of each partition")                                                                              \
    X(P##_CREATE_RETENTION, AT ".create.retention_hours", INTEGER, OPTIONAL, RESTART, 1, 1000000, "(the broker's)",    \
      NULL, "How long the broker keeps documents, in hours")                                                           \
    X(P##_CREATE_CLEANUP, AT ".create.cleanup_policy", WORD, OPTIONAL, RESTART, 0, 0, "delete", JN_SINK_CLEANUPS,      \
      "What the broker does with old documents; compacted, only the last of each key is left")                         \
    X(P##_FILE, AT ".file", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "The file of the sink \"file\"")              \
    X(P##_FILE_PATH, AT ".file.path", TEXT, REQUIRED, RESTART, 1, 255, NULL, NULL, "Path of the file, JSON lines")     \
    X(P##_FILE_MAX_MB, AT ".file.max_mb", INTEGER, OPTIONAL, RESTART, 1, 1048576, "100", NULL,                         \
      "The file is rotated when it is larger, in MiB")                                                                 \
    X(P##_FILE_KEEP, AT ".file.keep", INTEGER, OPTIONAL, RESTART, 0, 1000, "5", NULL, "Rotated files that are kept")   \
    X(P##_ELASTICSEARCH, AT ".elasticsearch", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL,                             \
      "The index of the sink \"elasticsearch\"")                                                                       \
    X(P##_ELASTICSEARCH_URLS, AT ".elasticsearch.urls", ARRAY, REQUIRED, RESTART, 1, JN_MAX_SINK_URLS, NULL, NULL,     \
      "Its nodes: the next is asked when one does not answer")                                                         \
    X(P##_ELASTICSEARCH_URL, AT ".elasticsearch.urls[]", TEXT, OPTIONAL, RESTART, 1, JN_SINK_URL_MAX - 1, NULL, NULL,  \
      "http:// or https://, a host, perhaps a port and a path")                                                        \
    X(P##_INDICES, AT ".elasticsearch.indices", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "Names of indices")       \
    X(P##_INDEX_SUMMARY, AT ".elasticsearch.indices.summary", TEXT, OPTIONAL, RESTART, 1, JN_SINK_INDEX_MAX - 1,       \
      "junction-summary", NULL, "Of summaries; -YYYY.MM.DD follows, the day of the document")                          \
    X(P##_INDEX_FLOW, AT ".elasticsearch.indices.flow", TEXT, OPTIONAL, RESTART, 1, JN_SINK_INDEX_MAX - 1,             \
      "junction-flow", NULL, "Of flow records, likewise")                                                              \
    X(P##_DATA_STREAMS, AT ".elasticsearch.data_streams", BOOL, OPTIONAL, RESTART, 0, 0, "false", NULL,                \
      "The names are those of data streams, and no day follows")                                                       \
    X(P##_PIPELINE, AT ".elasticsearch.pipeline", TEXT, OPTIONAL, RESTART, 1, 255, NULL, NULL,                         \
      "Ingest pipeline that documents go through")                                                                     \
    X(P##_API_KEY, AT ".elasticsearch.api_key", SECRET, OPTIONAL, RESTART, 1, JN_SECRET_MAX, NULL, NULL,               \
      "API key, as Elasticsearch encodes it")                                                                          \
    X(P##_USERNAME, AT ".elasticsearch.username", SECRET, OPTIONAL, RESTART, 1, JN_SECRET_MAX, NULL, NULL,             \
      "User, where there is no API key")                                                                               \
    X(P##_PASSWORD, AT ".elasticsearch.password", SECRET, OPTIONAL, RESTART, 1, JN_SECRET_MAX, NULL, NULL,             \
      "The user's password")                                                                                           \
    X(P##_ELASTICSEARCH_CA, AT ".elasticsearch.ca_file", TEXT, OPTIONAL, RESTART, 1, 255, "(the host's)", NULL,        \
      "Certificates that a server's must be signed by, PEM")                                                           \
    X(P##_ELASTICSEARCH_COMPRESSION, AT ".elasticsearch.compression", WORD, OPTIONAL, RESTART, 0, 0, "gzip",           \
      JN_SINK_COMPRESSIONS, "How requests are compressed")                                                             \
    X(P##_HTTP, AT ".http", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL, "The web service of the sink \"http\"")       \
    X(P##_HTTP_URL, AT ".http.url", TEXT, REQUIRED, RESTART, 1, JN_SINK_URL_MAX - 1, NULL, NULL,                       \
      "http:// or https://, a host, perhaps a port and a path")                                                        \
    X(P##_OPERATOR_ID, AT ".http.operator_id", TEXT, OPTIONAL, RESTART, 0, 63, "", NULL,                               \
      "The operatorId of each request")                                                                                \
    X(P##_HEADERS, AT ".http.headers", HEADERS, OPTIONAL, RESTART, 0, JN_MAX_SINK_HEADERS, NULL, NULL,                 \
      "Header fields of each request, by name")                                                                        \
    X(P##_HTTP_CA, AT ".http.ca_file", TEXT, OPTIONAL, RESTART, 1, 255, "(the host's)", NULL,                          \
      "Certificates that a server's must be signed by, PEM")                                                           \
    X(P##_HTTP_COMPRESSION, AT ".http.compression", WORD, OPTIONAL, RESTART, 0, 0, "none", JN_SINK_COMPRESSIONS,       \
      "How requests are compressed")                                                                                   \
    X(P##_SPOOL, AT ".spool", OBJECT, OPTIONAL, RESTART, 0, 0, NULL, NULL,                                             \
      "Where documents wait on disk while the sink does not take them")                                                \
    X(P##_SPOOL_ENABLED, AT ".spool.enabled", BOOL, OPTIONAL, RESTART, 0, 0,                                           \
      "(true for kafka, elasticsearch and http)", NULL, "There is a spool")                                            \
    X(P##_SPOOL_DIRECTORY, AT ".spool.directory", TEXT, OPTIONAL, RESTART, 1, 255, "/var/spool/junction", NULL,        \
      "Directory of the spool; this sink's is INSTANCE/NAME in it")                                                    \
    X(P##_SPOOL_MAX_MB, AT ".spool.max_mb", INTEGER, OPTIONAL, RESTART, 1, 1048576, "1024", NULL,                      \
      "Largest size of the spool, in MiB; beyond it the oldest documents are lost")
// clang-format on

// Plain values that a member of struct jn_config_sink takes as they are. X(part, key, member).
#define JN_SINK_TEXTS(X)                                                                                               \
    X(TOPICS, TOPIC_SUMMARY, topic_summary)                                                                            \
    X(TOPICS, TOPIC_FLOW, topic_flow)                                                                                  \
    X(FILE, FILE_PATH, path)                                                                                           \
    X(CREATE, CREATE_CLEANUP, create.cleanup_policy)                                                                   \
    X(ELASTICSEARCH, PIPELINE, elasticsearch.pipeline)                                                                 \
    X(ELASTICSEARCH, ELASTICSEARCH_CA, elasticsearch.ca_file)                                                          \
    X(HTTP, HTTP_URL, http.url)                                                                                        \
    X(HTTP, OPERATOR_ID, http.operator_id)                                                                             \
    X(HTTP, HTTP_CA, http.ca_file)                                                                                     \
    X(SPOOL, SPOOL_DIRECTORY, spool.directory)

#define JN_SINK_NUMBERS(X)                                                                                             \
    X(FILE, FILE_MAX_MB, max_mb)                                                                                       \
    X(FILE, FILE_KEEP, keep)                                                                                           \
    X(CREATE, CREATE_PARTITIONS, create.partitions)                                                                    \
    X(CREATE, CREATE_REPLICATION, create.replication_factor)                                                           \
    X(CREATE, CREATE_RETENTION, create.retention_hours)                                                                \
    X(SPOOL, SPOOL_MAX_MB, spool.max_mb)

enum {
    JN_SINK_URL_MAX = 256,
    JN_SINK_INDEX_MAX = 245, // with the day it is at most the 255 bytes that Elasticsearch allows
    JN_SECRET_MAX = 4096,    // of one that stands in the configuration
};

enum jn_secret_source { JN_SECRET_PLAIN, JN_SECRET_FILE, JN_SECRET_ENV };

// A text that may be a secret. Where it stands elsewhere the configuration knows the place alone; junction-export gets the
// value by jn_secrets_resolve.
struct jn_config_property {
    char *name;  // NULL: not given
    char *value; // NULL: not given, or not resolved
    enum jn_secret_source source;
    char *reference; // path of the file, or name of the variable; NULL where the value stands in the configuration
};

struct jn_config_create {
    bool wanted;                                              // else no topic is created
    uint32_t partitions, replication_factor, retention_hours; // 0: as the broker has it
    char cleanup_policy[16];                                  // as Kafka has it
};

struct jn_config_elasticsearch {
    char urls[JN_MAX_SINK_URLS][JN_SINK_URL_MAX];
    unsigned int url_count;
    char index_summary[JN_SINK_INDEX_MAX], index_flow[JN_SINK_INDEX_MAX];
    bool data_streams;
    char pipeline[256]; // "": none
    struct jn_config_property api_key, username, password;
    char ca_file[256]; // "": those of the host
    enum jn_sink_compression compression;
};

struct jn_config_http {
    char url[JN_SINK_URL_MAX];
    char operator_id[64];
    struct jn_config_property *headers;
    size_t header_count;
    char ca_file[256]; // "": those of the host
    enum jn_sink_compression compression;
};

struct jn_config_spool {
    bool enabled;
    char directory[256]; // absolute; the sink's own is INSTANCE/NAME in it
    uint32_t max_mb;
};

struct jn_config_sink {
    char name[JN_SINK_NAME_MAX];
    enum jn_sink_type type;
    char topic_summary[128], topic_flow[128];
    char path[256];                        // of "file"
    uint32_t max_mb, keep;                 // of "file"
    struct jn_config_property *properties; // of "kafka", handed to librdkafka as they are
    size_t property_count;
    struct jn_config_create create; // of "kafka"
    struct jn_config_elasticsearch elasticsearch;
    struct jn_config_http http;
    struct jn_config_spool spool;
};
