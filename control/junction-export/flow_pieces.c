// SPDX-License-Identifier: BSD-3-Clause
#include "flow_pieces.h"

#include "flow_words.h"
#include "protocols.h"
#include "text.h"

struct flow_pieces flow_pieces;

// What would not fit is cut: that nothing is, is held below and by applications.c.
static void
append(struct text_piece *piece, const char *text) {
    size_t length = strlen(text), room = sizeof(piece->text) - piece->length;
    length = length < room ? length : room;
    memcpy(piece->text + piece->length, text, length);
    piece->length = (uint8_t)(piece->length + length);
}

static void
append_word(struct text_piece *list, const char *word) {
    append(list, list->length > 0 ? ",\"" : "\"");
    append(list, word);
    append(list, "\"");
}

// Lean: the number where there is no word.
static void
make_protocol(struct text_piece *piece, unsigned int protocol, bool lean) {
    const char *transport = protocols_transport((uint8_t)protocol);
    char number[TEXT_SLACK];
    *put_u64(number, protocol) = '\0';
    *piece = (struct text_piece){.length = 0};
    if (transport != NULL) {
        append(piece, "\"transport\":\"");
        append(piece, transport);
        append(piece, "\",");
    }
    if (!lean || transport == NULL) {
        append(piece, "\"iana_number\":\"");
        append(piece, number);
        append(piece, "\",");
    }
}

// Both mirrors are one word.
static void
make_verdict(struct text_piece *piece, unsigned int verdict) {
    static const char *const words[8] = {
#define X(id, bit, in_document, word, text) [bit] = in_document,
        JN_VERDICTS(X)
#undef X
    };
    *piece = (struct text_piece){.length = 0};
    if ((verdict & JN_VERDICT_MIRROR0) != 0)
        verdict &= ~(unsigned int)JN_VERDICT_MIRROR1;
    for (unsigned int bit = 0; bit < 8; bit++)
        if (verdict >> bit & 1 && words[bit] != NULL && words[bit][0] != '\0')
            append_word(piece, words[bit]);
}
#define X(id, bit, in_document, word, text) +(int)sizeof("\"" in_document "\"")
_Static_assert(JN_VERDICTS_ALL <= UINT8_MAX && 0 JN_VERDICTS(X) - (int)sizeof("\"mirror\"") < (int)TEXT_SLACK,
               "a piece has room for all of them");
#undef X

static void
make_tcp_flags(struct text_piece *piece, unsigned int flags) {
    static const char *const words[8] = {"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"};
    *piece = (struct text_piece){.length = 0};
    for (unsigned int bit = 0; bit < 8; bit++)
        if (flags >> bit & 1)
            append_word(piece, words[bit]);
}

void
flow_pieces_make(void) {
    for (unsigned int i = 0; i < 256; i++) {
        make_protocol(&flow_pieces.protocol[false][i], i, false);
        make_protocol(&flow_pieces.protocol[true][i], i, true);
        make_verdict(&flow_pieces.verdict[i], i);
        make_tcp_flags(&flow_pieces.tcp_flags[i], i);
    }
    for (unsigned int i = 0; i < JN_APPLICATION_NUMBERS; i++) {
        const char *word = protocols_word((uint16_t)i, JN_IP_TCP); // of one with ports none is left out
        flow_pieces.application[i] = (struct text_piece){.length = 0};
        append(&flow_pieces.application[i], word != NULL ? word : "");
    }
}
