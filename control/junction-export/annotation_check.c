// SPDX-License-Identifier: BSD-3-Clause
#include "annotation_check.h"

#include <arpa/inet.h>
#include <string.h>

enum { RISK_DIGITS = 16 };

static int
hex_digit(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
is_risks(const char *text, size_t length) {
    for (size_t i = 0; i < length; i++)
        if (hex_digit(text[i]) < 0)
            return false;
    return length == RISK_DIGITS;
}

uint64_t
annotation_risks(const char text[RISK_DIGITS]) {
    uint64_t risks = 0;
    for (size_t i = 0; i < RISK_DIGITS; i++)
        risks = risks << 4 | ((uint64_t)hex_digit(text[i]) & 15);
    return risks;
}

static bool
is_address(const char *text, size_t length) {
    char copy[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (length >= sizeof(copy))
        return false;
    memcpy(copy, text, length);
    copy[length] = '\0';
    return inet_pton(AF_INET, copy, address) == 1 || inet_pton(AF_INET6, copy, address) == 1;
}

// The number that stands there in `digits` digits; -1: it is none.
static int
number_at(const char *text, unsigned int digits) {
    int number = 0;
    for (unsigned int i = 0; i < digits; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

static int
days_of(int year, int month) {
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

// "2026-01-02T03:04:05Z", as RFC 3339 and Elasticsearch have it: without a leap second.
static bool
is_date(const char *text, size_t length) {
    static const char form[] = "dddd-dd-ddTdd:dd:ddZ";
    if (length != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < length; i++)
        if (form[i] != 'd' && text[i] != form[i])
            return false;
    int year = number_at(text, 4), month = number_at(text + 5, 2), day = number_at(text + 8, 2);
    int hour = number_at(text + 11, 2), minute = number_at(text + 14, 2), second = number_at(text + 17, 2);
    return year >= 0 && month >= 1 && month <= 12 && day >= 1 && day <= days_of(year, month) && hour >= 0 &&
           hour < 24 && minute >= 0 && minute < 60 && second >= 0 && second < 60;
}

const char *
annotation_error(const struct jn_annotation *annotation) {
    const char *text = annotation->text;
    size_t length = annotation->length;
    if (annotation->boot == 0)
        return "of no dataplane";
    if (annotation->worker >= JN_MAX_WORKERS)
        return "a worker that there cannot be";
    if (jn_annotation_most(annotation->kind) == 0)
        return "an unknown kind";
    if (length == 0 || length > jn_annotation_most(annotation->kind))
        return "longer than its kind may be, or empty";
    if (!jn_annotation_is_sound(annotation->kind, text, length))
        return "not UTF-8, or with control characters";
    switch (annotation->kind) {
    case JN_ANNOTATION_RISKS: return is_risks(text, length) ? NULL : "risks that are no number";
    case JN_ANNOTATION_DNS_ANSWER: return is_address(text, length) ? NULL : "an answer that is no address";
    case JN_ANNOTATION_CERTIFICATE_NOT_BEFORE:
    case JN_ANNOTATION_CERTIFICATE_NOT_AFTER: return is_date(text, length) ? NULL : "a date that is none";
    default: return NULL;
    }
}
