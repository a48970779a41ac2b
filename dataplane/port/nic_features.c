// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "port/nic_features.h"

#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/claim_note.h"
#include "device_name.h"
#include "log.h"
#include "port/nic_ethtool.h"

enum { RECORDS_MAX = 96, FILE_BYTES = RECORDS_MAX * 80 };

// A line in the claim's file: interface's number, its MAC address, the feature that was on.
struct record {
    unsigned int index;
    uint8_t mac[6];
    char feature[JN_NIC_FEATURE_NAME];
};
struct records {
    unsigned int count;
    struct record record[RECORDS_MAX];
};

static bool
begins_with(const char *text, const char *start) {
    return strncmp(text, start, strlen(start)) == 0;
}

bool
jn_nic_leaves_unfinished(const char *device) {
    char interface[JN_DEVICE_TAKEN_MAX];
    if (begins_with(device, "net_pcap")) // else it plays a file
        return jn_device_interface(device, 0, interface, sizeof(interface));
    return begins_with(device, "net_af_xdp") || begins_with(device, "net_af_packet") || begins_with(device, "net_tap");
}

void
jn_nic_warn_of_packet(const char *device) {
    const char *iface = strstr(device, ",iface=");
    char interface[IF_NAMESIZE];
    if (!begins_with(device, "net_af_packet") || iface == NULL)
        return;
    iface += strlen(",iface=");
    snprintf(interface, sizeof(interface), "%.*s", (int)strcspn(iface, ","), iface);
    static struct jn_nic_features features;
    bool joins = jn_nic_is_veth(interface);
    if (jn_nic_features_read(interface, &features) < 0)
        return;
    for (unsigned int i = 0; i < features.count; i++)
        joins |= features.feature[i].active &&
                 (strstr(features.feature[i].name, "gro") != NULL || strcmp(features.feature[i].name, "rx-lro") == 0);
    if (joins)
        jn_log(JN_LOG_WARNING,
               "interface %s: packets that the kernel has joined come cut by AF_PACKET: ethtool -K %s gro off lro off, "
               "and "
               "at the other end of a veth pair gso off tso off; or use AF_XDP, which needs neither",
               interface, interface);
}

bool
jn_nic_changes_received(const char *feature) {
    static const char *const names[] = {"rx-vlan-hw-parse", "rx-vlan-stag-hw-parse", "rx-gro", "rx-gro-hw",
                                        "rx-gro-list",      "rx-udp-gro-forwarding", "rx-lro"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strcmp(feature, names[i]) == 0)
            return true;
    return false;
}

bool
jn_nic_changes_sent(const char *feature) {
    return begins_with(feature, "tx-") && (begins_with(feature, "tx-checksum-") || begins_with(feature, "tx-vlan-") ||
                                           begins_with(feature, "tx-gso-") || strstr(feature, "-segmentation") != NULL);
}

static bool
is_vlan(const char *feature) {
    return begins_with(feature, "rx-vlan-") || begins_with(feature, "tx-vlan-");
}

static void
load(int claim, struct records *records) {
    static char text[FILE_BYTES + 1];
    ssize_t length = pread(claim, text, FILE_BYTES, JN_CLAIM_NOTE_BYTES);
    text[length > 0 ? length : 0] = '\0';
    records->count = 0;
    char *rest = text;
    for (char *line; (line = strsep(&rest, "\n")) != NULL && records->count < RECORDS_MAX;) {
        struct record *r = &records->record[records->count];
        records->count += sscanf(line, "%u %hhx:%hhx:%hhx:%hhx:%hhx:%hhx %31s", &r->index, &r->mac[0], &r->mac[1],
                                 &r->mac[2], &r->mac[3], &r->mac[4], &r->mac[5], r->feature) == 8;
    }
}

static int
save(int claim, const struct records *records) {
    static char text[FILE_BYTES];
    size_t length = 0;
    for (unsigned int i = 0; i < records->count; i++) {
        const struct record *r = &records->record[i];
        length +=
            (size_t)snprintf(text + length, sizeof(text) - length, "%u %02x:%02x:%02x:%02x:%02x:%02x %s\n", r->index,
                             r->mac[0], r->mac[1], r->mac[2], r->mac[3], r->mac[4], r->mac[5], r->feature);
    }
    // What stood there is lost at no moment: who is killed in between leaves old lines behind the new ones.
    if (pwrite(claim, text, length, JN_CLAIM_NOTE_BYTES) != (ssize_t)length ||
        ftruncate(claim, (off_t)(JN_CLAIM_NOTE_BYTES + length)) < 0)
        return errno != 0 ? -errno : -ENOSPC;
    return 0;
}

static bool
is_recorded(const struct records *records, unsigned int index, const char *feature) {
    for (unsigned int i = 0; i < records->count; i++)
        if (records->record[i].index == index && strcmp(records->record[i].feature, feature) == 0)
            return true;
    return false;
}

// Of a killed process: interfaces that went, or whose number is another's now, have nothing to be given back.
static void
forget_strangers(struct records *records) {
    unsigned int kept = 0;
    for (unsigned int i = 0; i < records->count; i++) {
        char name[IF_NAMESIZE];
        uint8_t mac[6];
        if (if_indextoname(records->record[i].index, name) != NULL && jn_nic_mac(name, mac) &&
            memcmp(mac, records->record[i].mac, sizeof(mac)) == 0)
            records->record[kept++] = records->record[i];
    }
    records->count = kept;
}

// What of an interface is to be switched off.
struct work {
    const char *interface;
    bool (*changes)(const char *feature);
    struct jn_nic_features features;
    bool off[JN_NIC_FEATURES_MAX];
};

// Find what is on, and put it on record.
static void
plan(struct work *work, struct records *records) {
    uint8_t mac[6];
    unsigned int index = if_nametoindex(work->interface);
    memset(work->off, 0, sizeof(work->off));
    if (jn_nic_features_read(work->interface, &work->features) < 0 || !jn_nic_mac(work->interface, mac))
        return;
    for (unsigned int i = 0; i < work->features.count; i++) {
        const struct jn_nic_feature *feature = &work->features.feature[i];
        if (!work->changes(feature->name) || !feature->wanted || feature->fixed)
            continue;
        if (!is_recorded(records, index, feature->name)) {
            if (records->count == RECORDS_MAX)
                continue;
            struct record *record = &records->record[records->count++];
            *record = (struct record){.index = index};
            memcpy(record->mac, mac, sizeof(mac));
            snprintf(record->feature, sizeof(record->feature), "%s", feature->name);
        }
        work->off[i] = true;
    }
}

static void
warn_of_rest(const struct work *work) {
    struct jn_nic_features now;
    if (jn_nic_features_read(work->interface, &now) < 0)
        return;
    for (unsigned int i = 0; i < now.count; i++)
        if (work->changes(now.feature[i].name) && now.feature[i].active && !is_vlan(now.feature[i].name))
            jn_log(JN_LOG_WARNING, "interface %s: %s changes frames, and its driver does not let it be switched off",
                   work->interface, now.feature[i].name);
}

static int
carry_out(const struct work *work, char err[JN_ERR_MAX]) {
    int rc = jn_nic_set(work->interface, &work->features, work->off, false);
    if (rc == -EPERM) {
        snprintf(
            err, JN_ERR_MAX,
            "interface %s: features that change frames cannot be switched off without cap_net_admin: ethtool -K %s "
            "gro off lro off rx-vlan-offload off",
            work->interface, work->interface);
        return rc;
    }
    if (rc < 0 && rc != -ENODEV)
        jn_log(JN_LOG_WARNING, "interface %s: features that change frames are not switched off: %s", work->interface,
               strerror(-rc));
    warn_of_rest(work);
    return 0;
}

int
jn_nic_features_take(const char *interface, int claim, char err[JN_ERR_MAX]) {
    static struct work own, other;
    static struct records records;
    char peer[IF_NAMESIZE] = "";
    own.interface = interface;
    own.changes = jn_nic_changes_received;
    other.interface = peer;
    other.changes = jn_nic_changes_sent;
    load(claim, &records);
    forget_strangers(&records);
    plan(&own, &records);
    bool paired = jn_nic_peer(interface, peer, sizeof(peer));
    if (paired)
        plan(&other, &records);
    int rc = save(claim, &records);
    if (rc < 0) {
        snprintf(err, JN_ERR_MAX, "interface %s: its features cannot be put on record in its claim: %s", interface,
                 strerror(-rc));
        return rc;
    }
    rc = carry_out(&own, err);
    return rc < 0 || !paired ? rc : carry_out(&other, err);
}

// All that is on record of one interface, from the first record of it on: set as `on` says. Which it was not yet, in `text`.
static int
set_recorded(const struct records *records, unsigned int index, bool on, char *text, size_t size) {
    static struct jn_nic_features features;
    bool change[JN_NIC_FEATURES_MAX] = {false};
    char name[IF_NAMESIZE];
    size_t length = 0;
    text[0] = '\0';
    if (if_indextoname(index, name) == NULL || jn_nic_features_read(name, &features) < 0)
        return 0;
    for (unsigned int i = 0; i < features.count; i++) {
        const struct jn_nic_feature *feature = &features.feature[i];
        change[i] = feature->wanted != on && !feature->fixed && is_recorded(records, index, feature->name);
        if (change[i] && length < size)
            length += (size_t)snprintf(text + length, size - length, " %s", feature->name);
    }
    return jn_nic_set(name, &features, change, on);
}

static bool
is_first_of_interface(const struct records *records, unsigned int i) {
    for (unsigned int j = 0; j < i; j++)
        if (records->record[j].index == records->record[i].index)
            return false;
    return true;
}

void
jn_nic_features_hold(int claim) {
    static struct records records;
    char text[256], name[IF_NAMESIZE];
    load(claim, &records);
    for (unsigned int i = 0; i < records.count; i++) {
        unsigned int index = records.record[i].index;
        if (is_first_of_interface(&records, i) && set_recorded(&records, index, false, text, sizeof(text)) == 0 &&
            text[0] != '\0' && if_indextoname(index, name) != NULL)
            jn_log(JN_LOG_WARNING, "interface %s: features that change frames were switched on, and are off again:%s",
                   name, text);
    }
}

void
jn_nic_features_give_back(int claim, bool left_behind) {
    static struct records records;
    char text[256], name[IF_NAMESIZE];
    load(claim, &records);
    if (left_behind)
        forget_strangers(&records);
    for (unsigned int i = 0; i < records.count; i++) {
        unsigned int index = records.record[i].index;
        int rc = is_first_of_interface(&records, i) ? set_recorded(&records, index, true, text, sizeof(text)) : 0;
        if (rc < 0 && if_indextoname(index, name) != NULL)
            jn_log(JN_LOG_WARNING, "interface %s: features are not given back: %s:%s", name, strerror(-rc), text);
    }
}

static bool
is_tagging(const char *interface, bool (*changes)(const char *feature)) {
    static struct jn_nic_features features;
    if (jn_nic_features_read(interface, &features) < 0)
        return false;
    for (unsigned int i = 0; i < features.count; i++)
        if (changes(features.feature[i].name) && is_vlan(features.feature[i].name) && features.feature[i].active)
            return true;
    return false;
}

// A veth passes a frame on with the tag beside it, as its other end made it.
static int
check_veth(const char *interface, bool tags, char err[JN_ERR_MAX]) {
    char peer[IF_NAMESIZE];
    if (tags)
        return 0;
    if (!jn_nic_peer(interface, peer, sizeof(peer))) {
        jn_log(
            JN_LOG_WARNING,
            "interface %s: this kernel does not show VLAN tags to XDP (Linux 6.8 does), and the other end of the veth "
            "pair is in another network namespace: frames whose tags its kernel adds come without them, unless there: "
            "ethtool -K INTERFACE tx-vlan-offload off",
            interface);
        return 0;
    }
    if (!is_tagging(peer, jn_nic_changes_sent))
        return 0;
    snprintf(err, JN_ERR_MAX, "interface %s: frames would lose their VLAN tags: ethtool -K %s tx-vlan-offload off",
             interface, peer);
    return -ENOTSUP;
}

int
jn_nic_tags_check(const char *interface, bool tags, char err[JN_ERR_MAX]) {
    if (jn_nic_is_veth(interface))
        return check_veth(interface, tags, err);
    if (!is_tagging(interface, jn_nic_changes_received))
        return 0;
    snprintf(
        err, JN_ERR_MAX,
        "interface %s takes VLAN tags out of frames where XDP does not see them: ethtool -K %s rx-vlan-offload off "
        "(where its driver has that fixed, bind it to vfio-pci)",
        interface, interface);
    return -ENOTSUP;
}
