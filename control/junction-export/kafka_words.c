// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_words.h"

#include <stdio.h>

static void
say(struct kafka_words *words, const char *sentence, const char *advice) {
    words->troubled = true;
    sink_trouble(words->view, advice, "%s", sentence);
}

void
kafka_words_failed(struct kafka_words *words, rd_kafka_resp_err_t error, const char *reason) {
    char sentence[KAFKA_SENTENCE_MAX];
    if (error == RD_KAFKA_RESP_ERR__GAPLESS_GUARANTEE)
        return; // the documents say why
    if (error != RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) {
        words->last_advice = kafka_trouble(error, reason, NULL, words->last);
        if (words->down || !kafka_passing(error, reason))
            say(words, words->last, words->last_advice);
        return;
    }
    const char *advice = kafka_trouble(error, reason, NULL, sentence);
    words->down = true;
    if (words->last[0] == '\0')
        say(words, sentence, advice);
    else
        say(words, words->last, words->last_advice);
}

void
kafka_words_topic(struct kafka_words *words, rd_kafka_resp_err_t error, const char *reason, const char *topic) {
    char sentence[KAFKA_SENTENCE_MAX];
    const char *advice = kafka_trouble(error, reason, topic, sentence);
    say(words, sentence, advice);
}

void
kafka_words_refused(struct kafka_words *words, rd_kafka_resp_err_t error, const char *topic) {
    words->troubled = true;
    if (error == RD_KAFKA_RESP_ERR_INVALID_RECORD || error == RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
        sink_trouble(words->view, "see the topic's configuration, such as message.timestamp.type",
                     "topic %s: the broker takes a request's documents for unsound: they are sent one by one", topic);
    else
        sink_trouble(words->view, "raise the topic's max.message.bytes, or lower batch.size",
                     "topic %s: a request is larger than the topic allows: its documents are sent one by one", topic);
}

void
kafka_words_throttled(struct kafka_words *words, const char *broker, int milliseconds) {
    words->throttled = milliseconds > 0;
    if (!words->throttled)
        return;
    words->troubled = true;
    sink_trouble(words->view, "raise producer_byte_rate or request_percentage for this user or client.id",
                 "broker %s holds us back: a quota of its", broker);
}

void
kafka_words_silent(struct kafka_words *words) {
    words->troubled = true;
    sink_trouble(words->view,
                 "see the broker's log: too few replicas in sync (min.insync.replicas), no leader, or a full disk",
                 "the broker acknowledged no document for some time");
}

void
kafka_words_well(struct kafka_words *words) {
    words->down = false;
    words->last[0] = '\0';
    if (!words->troubled || words->throttled)
        return;
    words->troubled = false;
    sink_well(words->view);
}
