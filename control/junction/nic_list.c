// SPDX-License-Identifier: BSD-3-Clause
// What there is to bind, and what it is needed for.
#define _GNU_SOURCE
#include "nic_list.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "nic_file.h"
#include "nic_user.h"

enum { COLUMNS = 7, CELL_BYTES = 256, NAMES_BYTES = JN_NIC_INTERFACES * (IF_NAMESIZE + 1) };
static const char *const titles[COLUMNS] = {"address", "driver", "interface", "numa", "iommu group", "speed", "notes"};

// One NIC, and what is known beside it.
struct shown {
    const struct jn_nic *nic;
    unsigned int why;
    char user[NIC_USER_TEXT]; // "": nobody
    const char *at_boot;      // driver, or NULL
};

static json_t *
text_or_null(const char *text) {
    return text != NULL && text[0] != '\0' ? json_string(text) : json_null();
}

static json_t *
number_or_null(long number) {
    return number >= 0 ? json_integer(number) : json_null();
}

static json_t *
as_json(const struct shown *shown) {
    const struct jn_nic *nic = shown->nic;
    char id[16];
    json_t *row = json_object(), *interfaces = json_array();
    for (unsigned int i = 0; i < nic->interface_count; i++)
        json_array_append_new(interfaces, json_string(nic->interfaces[i]));
    snprintf(id, sizeof(id), "%04x:%04x", nic->vendor, nic->device);
    json_object_set_new(row, "address", json_string(nic->address));
    json_object_set_new(row, "id", json_string(id));
    json_object_set_new(row, "driver", text_or_null(nic->driver));
    json_object_set_new(row, "interfaces", interfaces);
    json_object_set_new(row, "numa_node", number_or_null(nic->numa_node));
    json_object_set_new(row, "iommu_group", number_or_null(nic->unsafe ? -1 : nic->iommu_group));
    json_object_set_new(row, "speed_mbps", number_or_null(nic->speed_mbps));
    json_object_set_new(row, "default_route", json_boolean(shown->why & NIC_USE_DEFAULT_ROUTE));
    json_object_set_new(row, "ssh", json_boolean(shown->why & NIC_USE_SSH));
    json_object_set_new(row, "physical_function", text_or_null(nic->physical_function));
    json_object_set_new(row, "virtual_functions", json_integer(nic->virtual_functions));
    json_object_set_new(row, "used_by", text_or_null(shown->user));
    json_object_set_new(row, "at_boot", text_or_null(shown->at_boot));
    return row;
}

static void __attribute__((format(printf, 3, 4))) note(char cell[CELL_BYTES], bool applies, const char *format, ...) {
    size_t length = strlen(cell);
    va_list list;
    if (!applies)
        return;
    if (length > 0)
        length += (size_t)snprintf(cell + length, CELL_BYTES - length, ", ");
    if (length >= CELL_BYTES)
        return;
    va_start(list, format);
    vsnprintf(cell + length, CELL_BYTES - length, format, list);
    va_end(list);
}

static void
as_cells(const struct shown *shown, char cells[COLUMNS][CELL_BYTES]) {
    const struct jn_nic *nic = shown->nic;
    memset(cells, 0, sizeof(char[COLUMNS][CELL_BYTES]));
    note(cells[0], true, "%s", nic->address);
    note(cells[1], nic->driver[0] != '\0', "%s", nic->driver);
    for (unsigned int i = 0; i < nic->interface_count; i++)
        note(cells[2], true, "%s", nic->interfaces[i]);
    note(cells[3], nic->numa_node >= 0, "%d", nic->numa_node);
    note(cells[4], nic->iommu_group >= 0 && !nic->unsafe, "%d", nic->iommu_group);
    note(cells[5], nic->speed_mbps >= 1000, "%g Gb/s", (double)nic->speed_mbps / 1000);
    note(cells[5], nic->speed_mbps > 0 && nic->speed_mbps < 1000, "%ld Mb/s", nic->speed_mbps);
    note(cells[6], shown->why & NIC_USE_DEFAULT_ROUTE, "default route");
    note(cells[6], shown->why & NIC_USE_SSH, "SSH session");
    note(cells[6], nic->virtual_functions > 0, "%u virtual functions", nic->virtual_functions);
    note(cells[6], nic->physical_function[0] != '\0', "virtual function of %s", nic->physical_function);
    note(cells[6], nic->unsafe, "vfio without an IOMMU");
    note(cells[6], shown->user[0] != '\0', "used by %s", shown->user);
    note(cells[6], shown->at_boot != NULL, "%s at boot", shown->at_boot);
    for (int column = 0; column < COLUMNS - 1; column++)
        note(cells[column], cells[column][0] == '\0', "-");
}

static void
print_row(char (*cells)[CELL_BYTES], const int width[COLUMNS]) {
    for (int column = 0; column < COLUMNS; column++)
        printf("%-*s%s", column < COLUMNS - 1 ? width[column] : 0, cells[column], column < COLUMNS - 1 ? "  " : "\n");
}

static int
print_table(const struct shown *shown, int count) {
    int width[COLUMNS];
    char(*cells)[COLUMNS][CELL_BYTES] = calloc((size_t)count + 1, sizeof(*cells));
    if (cells == NULL)
        return 1;
    for (int row = 0; row <= count; row++) {
        for (int column = 0; row == 0 && column < COLUMNS; column++)
            snprintf(cells[0][column], CELL_BYTES, "%s", titles[column]);
        if (row > 0)
            as_cells(&shown[row - 1], cells[row]);
        for (int column = 0; column < COLUMNS; column++) {
            int length = (int)strlen(cells[row][column]);
            width[column] = row > 0 && width[column] > length ? width[column] : length;
        }
    }
    for (int row = 0; row <= count; row++)
        print_row(cells[row], width);
    free(cells);
    return 0;
}

static int
print_json(const struct shown *shown, int count) {
    json_t *rows = json_array(), *object = json_object();
    for (int i = 0; i < count; i++)
        json_array_append_new(rows, as_json(&shown[i]));
    json_object_set_new(object, "nics", rows);
    int rc = json_dumpf(object, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(object);
    return rc == 0 ? 0 : 1;
}

int
nic_list(const struct nic_host *host, bool json) {
    char err[JN_ERR_MAX], by[IF_NAMESIZE];
    struct jn_nic *nics;
    static struct nic_uses uses;
    static struct nic_file file;
    int count = jn_nic_list(host->root, &nics, err);
    if (count < 0) {
        fprintf(stderr, "junction: %s\n", err);
        return 1;
    }
    if (nic_file_read(&file, host, err) < 0)
        fprintf(stderr, "junction: %s\n", err);
    nic_uses_read(&uses);
    if (!uses.complete)
        fprintf(stderr,
                "junction: some default routes, SSH sessions or users of a NIC may not be seen: run it as root\n");
    struct shown *shown = calloc((size_t)count + 1, sizeof(*shown));
    for (int i = 0; shown != NULL && i < count; i++) {
        const struct nic_line *line = nic_file_find(&file, nics[i].address);
        shown[i] = (struct shown){.nic = &nics[i],
                                  .why = nic_uses_of(&uses, host, &nics[i], by),
                                  .at_boot = line != NULL ? line->driver : NULL};
        nic_user_find(host, &nics[i], shown[i].user);
    }
    int status = shown == NULL ? 1 : json ? print_json(shown, count) : print_table(shown, count);
    if (!json && count == 0)
        fprintf(stderr, "junction: there is no PCI NIC here\n");
    free(shown);
    free(nics);
    return status;
}
