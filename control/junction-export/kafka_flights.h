// SPDX-License-Identifier: BSD-3-Clause
// Documents that the sink "kafka" has taken and that are not through yet, in the order in which they came: a description
// of each, of some 40 bytes; their bytes stay where they are. Whatever fails, they are sent again in this order.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "document.h"

enum flight_state { FLIGHT_THROUGH, FLIGHT_SENT, FLIGHT_WAITING };

struct flight {
    const char *text, *key;
    uint64_t opaque; // the lane's
    uint32_t length;
    uint16_t key_length;
    uint8_t kind;  // enum document_kind
    uint8_t state; // enum flight_state
    bool suspect;  // a request that had it was refused for good
};

// Flights are numbered as they come: those from `first` up to, not including, `end` are here; those from `next` on are
// to be sent.
struct kafka_flights {
    struct flight *ring;
    uint64_t capacity; // a power of two
    uint64_t first, next, end;
    uint64_t sent;     // that are FLIGHT_SENT
    uint64_t suspects; // that are not through
};

static inline struct flight *
flights_at(const struct kafka_flights *f, uint64_t number) {
    return &f->ring[number & (f->capacity - 1)];
}

// False: no memory.
bool flights_open(struct kafka_flights *f);
void flights_close(struct kafka_flights *f);

// Room for one more. False: no memory.
bool flights_room(struct kafka_flights *f);

// At the end, to be sent; there has to be room. Its number is the end as it was.
void flights_add(struct kafka_flights *f, const struct document *document, uint64_t opaque);

// The last one was not handed over after all: it is no more here. None was added since.
void flights_take_back(struct kafka_flights *f);

// The one at `next` has been handed over to the producer.
void flights_sent(struct kafka_flights *f);

// It failed, and waits to be sent again; nothing moves before flights_rewind.
void flights_failed(struct kafka_flights *f, uint64_t number);

// It needs no more care. False: it was through already.
bool flights_through(struct kafka_flights *f, uint64_t number);

// What is not through is to be sent from the first one on; none may be FLIGHT_SENT. How many they are.
uint64_t flights_rewind(struct kafka_flights *f);

// The document, as it came, but for its id and date.
struct document flights_document(const struct kafka_flights *f, uint64_t number);
