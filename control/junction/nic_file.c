// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "nic_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trust.h"

#define DIRECTORY "/etc/junction"
#define NEW       DIRECTORY "/.nic-bindings.new"

enum { LINE_BYTES = 512 };

static int
file_error(const struct nic_host *host, int code, char err[JN_ERR_MAX]) {
    snprintf(err, JN_ERR_MAX, "%.200s" NIC_FILE ": %s", host->root, strerror(code));
    return -code;
}

static bool
is_mac(const char *text) {
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (i % 3 == 2 ? text[i] != ':' : strchr("0123456789abcdef", text[i]) == NULL)
            return false;
    return length == 17;
}

// Why the line is wrong, or NULL. An empty one has no address afterwards.
static const char *
parse(const char *text, struct nic_line *line) {
    char words[5][LINE_BYTES], copy[LINE_BYTES], address[JN_PCI_ADDRESS_MAX];
    int end = 0;
    *line = (struct nic_line){.address = ""};
    snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(text, "#\n"), text);
    int count = sscanf(copy, "%s %s %s %s %s", words[0], words[1], words[2], words[3], words[4]);
    if (count <= 0)
        return NULL;
    if (count != 4)
        return "expected an address, a driver, VENDOR:DEVICE, and a MAC address or -";
    if (!jn_pci_address(words[0], address) || strcmp(words[0], address) != 0)
        return "the address is not one as 0000:03:00.0";
    if (!jn_driver_name(words[1]))
        return "that is not a driver's name";
    if (sscanf(words[2], "%4" SCNx16 ":%4" SCNx16 "%n", &line->vendor, &line->device, &end) != 2 ||
        words[2][end] != '\0')
        return "expected vendor and device as 8086:1572";
    if (strcmp(words[3], "-") != 0 && !is_mac(words[3]))
        return "expected a MAC address as 3c:fd:fe:a0:00:01, or -";
    memcpy(line->address, address, sizeof(address));
    memcpy(line->driver, words[1], strlen(words[1]) + 1);
    memcpy(line->mac, words[3], strlen(words[3]) + 1);
    return NULL;
}

static int
line_error(const struct nic_host *host, unsigned int number, const char *why, char err[JN_ERR_MAX]) {
    snprintf(err, JN_ERR_MAX, "%.200s" NIC_FILE ":%u: %s", host->root, number, why);
    return -EINVAL;
}

static int
take_line(struct nic_file *file, const struct nic_host *host, unsigned int number, const char *text,
          char err[JN_ERR_MAX]) {
    struct nic_line line;
    const char *why = strlen(text) + 1 < LINE_BYTES ? parse(text, &line) : "the line is too long";
    if (why != NULL)
        return line_error(host, number, why, err);
    if (line.address[0] == '\0')
        return 0;
    if (nic_file_find(file, line.address) != NULL)
        return line_error(host, number, "the address stands there twice", err);
    if (file->count == NIC_SET_MAX)
        return line_error(host, number, "too many lines", err);
    file->line[file->count++] = line;
    return 0;
}

// Root acts on it.
static int
check_trust(const struct nic_host *host, char err[JN_ERR_MAX]) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s" NIC_FILE, host->root);
    return jn_trust_file(path, err) == JN_TRUST_STARTER ? 0 : -EPERM;
}

// Each line of the file goes to `copy`, too, but for those of the set's NICs; copy NULL: to none.
static int
read_lines(struct nic_file *file, const struct nic_host *host, const struct nic_set *without, FILE *copy,
           char err[JN_ERR_MAX]) {
    char path[PATH_MAX], text[LINE_BYTES];
    int rc = 0;
    *file = (struct nic_file){.count = 0};
    snprintf(path, sizeof(path), "%s" NIC_FILE, host->root);
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return errno == ENOENT ? 0 : file_error(host, errno, err);
    rc = check_trust(host, err);
    for (unsigned int number = 1; rc == 0 && fgets(text, sizeof(text), stream) != NULL; number++) {
        size_t before = file->count;
        rc = take_line(file, host, number, text, err);
        bool keep = rc == 0;
        for (size_t i = 0; keep && file->count > before && i < without->count; i++)
            keep = strcmp(without->nic[i].address, file->line[before].address) != 0;
        if (keep && copy != NULL)
            fprintf(copy, "%s%s", text, strchr(text, '\n') != NULL ? "" : "\n");
    }
    if (rc == 0 && ferror(stream))
        rc = file_error(host, errno, err);
    fclose(stream);
    return rc;
}

int
nic_file_read(struct nic_file *file, const struct nic_host *host, char err[JN_ERR_MAX]) {
    static const struct nic_set none;
    return read_lines(file, host, &none, NULL, err);
}

const struct nic_line *
nic_file_find(const struct nic_file *file, const char *address) {
    for (size_t i = 0; i < file->count; i++)
        if (strcmp(file->line[i].address, address) == 0)
            return &file->line[i];
    return NULL;
}

// The MAC address that the card came with; "-" where it has none of its own (virtual functions), or no interface now.
static void
permanent_mac(const struct nic_host *host, const struct jn_nic *nic, char mac[18]) {
    char type[8], text[64] = "";
    const char *interface = nic->interfaces[0];
    strcpy(mac, "-");
    if (nic->interface_count != 1)
        return;
    nic_host_read(host, type, sizeof(type), "/sys/class/net/%s/addr_assign_type", interface);
    nic_host_read(host, text, sizeof(text), "/sys/class/net/%s/bonding_slave/perm_hwaddr", interface);
    if (text[0] == '\0' && strcmp(type, "0") == 0)
        nic_host_read(host, text, sizeof(text), "/sys/class/net/%s/address", interface);
    if (is_mac(text))
        memcpy(mac, text, 18);
}

static bool
is_model(const struct nic_line *line, const struct jn_nic *nic) {
    return line->vendor == nic->vendor && line->device == nic->device;
}

static void
write_lines(FILE *copy, const struct nic_host *host, const struct nic_file *before, const struct nic_set *set,
            const char *driver) {
    for (size_t i = 0; i < set->count; i++) {
        const struct jn_nic *nic = &set->nic[i];
        const struct nic_line *line = nic_file_find(before, nic->address);
        char mac[18];
        permanent_mac(host, nic, mac);
        // A NIC that is bound already shows its MAC address no more.
        if (strcmp(mac, "-") == 0 && line != NULL && is_model(line, nic))
            memcpy(mac, line->mac, sizeof(mac));
        fprintf(copy, "%s %s %04x:%04x %s\n", nic->address, driver, nic->vendor, nic->device, mac);
    }
}

static FILE *
open_new(const struct nic_host *host) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s" DIRECTORY, host->root);
    mkdir(path, 0755);
    snprintf(path, sizeof(path), "%s" NEW, host->root);
    unlink(path); // of one that was killed
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return fd >= 0 ? fdopen(fd, "w") : NULL;
}

int
nic_file_prepare(const struct nic_host *host, const struct nic_set *set, const char *driver, char err[JN_ERR_MAX]) {
    struct nic_file before;
    FILE *copy = open_new(host);
    if (copy == NULL)
        return file_error(host, errno, err);
    int rc = read_lines(&before, host, set, copy, err);
    if (rc == 0 && driver != NULL)
        write_lines(copy, host, &before, set, driver);
    if (fflush(copy) != 0 || fsync(fileno(copy)) != 0)
        rc = rc == 0 ? file_error(host, errno, err) : rc;
    if (fclose(copy) != 0 && rc == 0)
        rc = file_error(host, errno, err);
    if (rc < 0)
        nic_file_abandon(host);
    return rc;
}

int
nic_file_commit(const struct nic_host *host, char err[JN_ERR_MAX]) {
    char from[PATH_MAX], to[PATH_MAX];
    snprintf(from, sizeof(from), "%s" NEW, host->root);
    snprintf(to, sizeof(to), "%s" NIC_FILE, host->root);
    if (rename(from, to) < 0)
        return file_error(host, errno, err);
    snprintf(to, sizeof(to), "%s" DIRECTORY, host->root);
    int fd = open(to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    return 0;
}

void
nic_file_abandon(const struct nic_host *host) {
    char path[PATH_MAX];
    snprintf(path, sizeof(path), "%s" NEW, host->root);
    unlink(path);
}

int
nic_file_check(const struct nic_host *host, const struct nic_line *line, const struct jn_nic *nic,
               char err[JN_ERR_MAX]) {
    char mac[18];
    permanent_mac(host, nic, mac);
    if (is_model(line, nic) && (strcmp(line->mac, "-") == 0 || strcmp(mac, "-") == 0 || strcmp(mac, line->mac) == 0))
        return 0;
    snprintf(err, JN_ERR_MAX,
             "%s is another card than " NIC_FILE " means: expected %04x:%04x %s, found %04x:%04x %s: junction nic bind "
             "--persist, or unbind --persist, says it anew",
             line->address, line->vendor, line->device, line->mac, nic->vendor, nic->device, mac);
    return -ENODEV;
}
