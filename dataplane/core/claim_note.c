// SPDX-License-Identifier: BSD-3-Clause
#include "core/claim_note.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define FORMAT "down %u mtu %u before %u of %hhx:%hhx:%hhx:%hhx:%hhx:%hhx\n"

void
jn_claim_note_write(int lock, const struct jn_claim_note *note) {
    char text[JN_CLAIM_NOTE_BYTES] = "";
    snprintf(text, sizeof(text), FORMAT, note->down, note->mtu_set, note->mtu_before, note->mac[0], note->mac[1],
             note->mac[2], note->mac[3], note->mac[4], note->mac[5]);
    if (pwrite(lock, text, sizeof(text), 0) != sizeof(text))
        jn_log(JN_LOG_WARNING,
               "a claim cannot be written to: what was changed at its interface stays if Junction is "
               "killed: %s",
               strerror(errno));
}

void
jn_claim_note_read(int lock, struct jn_claim_note *note) {
    char text[JN_CLAIM_NOTE_BYTES + 1] = "";
    unsigned int down, mtu_set, mtu_before;
    uint8_t mac[6];
    *note = (struct jn_claim_note){0};
    if (pread(lock, text, JN_CLAIM_NOTE_BYTES, 0) != JN_CLAIM_NOTE_BYTES ||
        sscanf(text, FORMAT, &down, &mtu_set, &mtu_before, &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) != 9 ||
        down > 1 || mtu_set > UINT16_MAX || mtu_before > UINT16_MAX)
        return;
    *note = (struct jn_claim_note){down != 0, (uint16_t)mtu_set, (uint16_t)mtu_before, {0}};
    memcpy(note->mac, mac, sizeof(mac));
}
