// SPDX-License-Identifier: BSD-3-Clause
// Mirroring peers: who they are, and what copies to them look like.
#include "config/config_peer.h"

#include <string.h>

#include "config/config_kind.h"
#include "config/config_underlay.h"

enum { ERSPAN_WORD = JN_ENCAP_ERSPAN3 + 1 }; // "erspan", the last of the words: type II

static uint8_t
read_encapsulation(const json_t *value) {
    unsigned int word = jn_get_word(value, JN_KEY_PEER_ENCAPSULATION);
    return word == ERSPAN_WORD ? JN_ENCAP_ERSPAN2 : (uint8_t)word;
}

static void
read_peer_options(const json_t *value, struct jn_peer *peer) {
    peer->encapsulation = read_encapsulation(value);
    peer->flags |= jn_get_part(value, JN_KEY_PEER_KEY) != NULL ? JN_PEER_KEY : 0;
    peer->flags |= jn_get_bool(value, JN_KEY_PEER_SEQUENCE) ? JN_PEER_SEQUENCE : 0;
    peer->flags |= jn_get_word(value, JN_KEY_PEER_PATH_MTU) == 1 ? JN_PEER_LEARN_MTU : 0;
    peer->key = (uint32_t)jn_get_integer(value, JN_KEY_PEER_KEY);
    peer->too_long = (uint8_t)jn_get_word(value, JN_KEY_PEER_TOO_LONG);
    peer->direction = (uint8_t)jn_get_word(value, JN_KEY_PEER_DIRECTION);
    peer->ttl = (uint8_t)jn_get_integer(value, JN_KEY_PEER_TTL);
    peer->dscp = (uint8_t)jn_get_integer(value, JN_KEY_PEER_DSCP);
    peer->session = (uint16_t)jn_get_integer(value, JN_KEY_PEER_SESSION);
    peer->snap_length = (uint32_t)jn_get_integer(value, JN_KEY_PEER_SNAP_LENGTH);
    peer->sample_packets = (uint32_t)jn_get_integer(value, JN_KEY_PEER_SAMPLE_PACKETS);
    peer->sample_flows = (uint32_t)jn_get_integer(value, JN_KEY_PEER_SAMPLE_FLOWS);
    peer->rate_mbps = (uint32_t)jn_get_integer(value, JN_KEY_PEER_RATE);
}

// Options that the encapsulation has no place for. A sound value means that one was given.
static void
check_encapsulation_options(struct jn_reader *reader, const json_t *value, const struct jn_peer *peer,
                            const struct jn_json_step *at) {
    char text[JN_KEY_WORD_MAX];
    const char *word = jn_key_word_at(JN_KEY_PEER_ENCAPSULATION, peer->encapsulation, text);
    bool erspan = peer->encapsulation == JN_ENCAP_ERSPAN2 || peer->encapsulation == JN_ENCAP_ERSPAN3;
    bool known = jn_get_part(value, JN_KEY_PEER_ENCAPSULATION) == json_object_get(value, "encapsulation");
    if (known && erspan && jn_get_part(value, JN_KEY_PEER_KEY) != NULL)
        jn_reader_error(reader, JN_MEMBER(at, "key"), "not an option of %s", word);
    if (known && erspan && jn_get_part(value, JN_KEY_PEER_SEQUENCE) != NULL)
        jn_reader_error(reader, JN_MEMBER(at, "sequence"), "not an option of %s, which always has sequence numbers",
                        word);
    if (known && !erspan && jn_get_part(value, JN_KEY_PEER_SESSION) != NULL)
        jn_reader_error(reader, JN_MEMBER(at, "session"), "not an option of %s: only ERSPAN has sessions", word);
    if (peer->snap_length != 0 && peer->snap_length < JN_MIN_SNAP_LENGTH)
        jn_reader_error(reader, JN_MEMBER(at, "snap_length"), "expected 0, or %u to %u, found %u", JN_MIN_SNAP_LENGTH,
                        JN_MAX_SNAP_LENGTH, peer->snap_length);
}

static void
read_peer_address(struct jn_reader *reader, struct jn_config_vpg *vpg, const char *text, struct jn_peer *peer,
                  const struct jn_json_step *at) {
    struct jn_prefix address;
    char shown[64];
    if (text == NULL || !jn_address_parse(text, &address))
        return; // said before
    for (unsigned int i = 0; i < vpg->peer_count; i++) {
        const struct jn_peer *other = &vpg->peers[i].peer;
        if (other->family != address.family || memcmp(other->address, address.address, sizeof(other->address)) != 0)
            continue;
        jn_reader_error(reader, at, "%s is already a peer of this VPG", jn_prefix_text(&address, shown));
        return;
    }
    peer->family = address.family;
    memcpy(peer->address, address.address, sizeof(peer->address));
    jn_underlay_check_peer(reader, &address, at);
}

void
jn_config_read_peers(struct jn_reader *reader, struct jn_config_vpg *vpg, const json_t *mirroring,
                     const struct jn_json_step *at) {
    const json_t *peers = jn_get_part(mirroring, JN_KEY_PEERS);
    for (size_t i = 0; i < json_array_size(peers); i++) {
        const json_t *value = json_array_get(peers, i);
        const struct jn_json_step *here = JN_ITEM(JN_MEMBER(at, "peers"), i);
        struct jn_config_peer *peer = &vpg->peers[i];
        read_peer_options(value, &peer->peer);
        if (jn_get_bool(mirroring, JN_KEY_MIRROR_ENABLED) && jn_get_bool(value, JN_KEY_PEER_ENABLED))
            peer->peer.flags |= JN_PEER_ENABLED;
        check_encapsulation_options(reader, value, &peer->peer, here);
        jn_copy_text(peer->description, sizeof(peer->description), jn_get_text(value, JN_KEY_PEER_DESCRIPTION));
        read_peer_address(reader, vpg, jn_get_text(value, JN_KEY_PEER_ADDRESS), &peer->peer,
                          JN_MEMBER(here, "address"));
        vpg->peer_count++;
    }
}
