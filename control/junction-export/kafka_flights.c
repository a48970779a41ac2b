// SPDX-License-Identifier: BSD-3-Clause
#include "kafka_flights.h"

#include <stdlib.h>

enum { FIRST_CAPACITY = 4096 };

bool
flights_open(struct kafka_flights *f) {
    *f = (struct kafka_flights){.ring = calloc(FIRST_CAPACITY, sizeof(*f->ring)), .capacity = FIRST_CAPACITY};
    return f->ring != NULL;
}

void
flights_close(struct kafka_flights *f) {
    free(f->ring);
    *f = (struct kafka_flights){0};
}

bool
flights_room(struct kafka_flights *f) {
    if (f->end - f->first < f->capacity)
        return true;
    struct flight *larger = calloc(f->capacity * 2, sizeof(*larger));
    if (larger == NULL)
        return false;
    for (uint64_t i = f->first; i < f->end; i++)
        larger[i & (f->capacity * 2 - 1)] = *flights_at(f, i);
    free(f->ring);
    f->ring = larger;
    f->capacity *= 2;
    return true;
}

void
flights_add(struct kafka_flights *f, const struct document *document, uint64_t opaque) {
    *flights_at(f, f->end++) = (struct flight){
        .text = document->text,
        .key = document->key,
        .opaque = opaque,
        .length = (uint32_t)document->length,
        .key_length = (uint16_t)document->key_length,
        .kind = (uint8_t)document->kind,
        .state = FLIGHT_WAITING,
    };
}

void
flights_take_back(struct kafka_flights *f) {
    f->end--;
    if (f->next > f->end)
        f->next = f->end;
}

static void
skip_through(struct kafka_flights *f) {
    while (f->next < f->end && flights_at(f, f->next)->state == FLIGHT_THROUGH)
        f->next++;
}

void
flights_sent(struct kafka_flights *f) {
    flights_at(f, f->next)->state = FLIGHT_SENT;
    f->sent++;
    f->next++;
    skip_through(f);
}

void
flights_failed(struct kafka_flights *f, uint64_t number) {
    struct flight *flight = flights_at(f, number);
    if (number < f->first || number >= f->end || flight->state != FLIGHT_SENT)
        return;
    flight->state = FLIGHT_WAITING;
    f->sent--;
}

bool
flights_through(struct kafka_flights *f, uint64_t number) {
    struct flight *flight = flights_at(f, number);
    if (number < f->first || number >= f->end || flight->state == FLIGHT_THROUGH)
        return false;
    f->sent -= flight->state == FLIGHT_SENT;
    f->suspects -= flight->suspect;
    flight->state = FLIGHT_THROUGH;
    while (f->first < f->end && flights_at(f, f->first)->state == FLIGHT_THROUGH)
        f->first++;
    if (f->next < f->first)
        f->next = f->first;
    skip_through(f);
    return true;
}

uint64_t
flights_rewind(struct kafka_flights *f) {
    uint64_t count = 0;
    f->next = f->first;
    for (uint64_t i = f->first; i < f->end; i++)
        count += flights_at(f, i)->state == FLIGHT_WAITING;
    skip_through(f);
    return count;
}

struct document
flights_document(const struct kafka_flights *f, uint64_t number) {
    const struct flight *flight = flights_at(f, number);
    return (struct document){
        .text = flight->text,
        .length = flight->length,
        .key = flight->key,
        .key_length = flight->key_length,
        .kind = (enum document_kind)flight->kind,
    };
}
