// SPDX-License-Identifier: BSD-3-Clause
#include "device_name.h"

#include <stdio.h>
#include <string.h>

static size_t
name_length(const char *device) {
    return strcspn(device, ",");
}

bool
jn_device_pci(const char *device, char address[JN_PCI_ADDRESS_MAX]) {
    char name[JN_PCI_ADDRESS_MAX];
    size_t length = name_length(device);
    address[0] = '\0';
    if (length >= sizeof(name))
        return false;
    memcpy(name, device, length);
    name[length] = '\0';
    return jn_pci_address(name, address);
}

bool
jn_device_write(const char *device, char *out, size_t size) {
    char address[JN_PCI_ADDRESS_MAX];
    int length = jn_device_pci(device, address) ? snprintf(out, size, "%s%s", address, device + name_length(device))
                                                : snprintf(out, size, "%s", device);
    return length >= 0 && (size_t)length < size;
}

// Does an argument's name say that its value is an interface: iface, rx_iface, tx_iface, rx_iface_in?
static bool
names_interface(const char *argument, size_t length) {
    static const char *const names[] = {"iface", "rx_iface", "tx_iface", "rx_iface_in"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (strlen(names[i]) == length && memcmp(argument, names[i], length) == 0)
            return true;
    return false;
}

bool
jn_device_interface(const char *device, unsigned int n, char *interface, size_t size) {
    for (const char *comma = strchr(device, ','); comma != NULL; comma = strchr(comma + 1, ',')) {
        const char *argument = comma + 1;
        size_t length = strcspn(argument, "=,");
        if (argument[length] != '=' || !names_interface(argument, length) || n-- > 0)
            continue;
        const char *value = argument + length + 1;
        snprintf(interface, size, "%.*s", (int)strcspn(value, ","), value);
        return true;
    }
    return false;
}

static bool
share_interface(const char *a, const char *b, char taken[JN_DEVICE_TAKEN_MAX]) {
    char of_a[128], of_b[128];
    for (unsigned int i = 0; jn_device_interface(a, i, of_a, sizeof(of_a)); i++)
        for (unsigned int j = 0; jn_device_interface(b, j, of_b, sizeof(of_b)); j++)
            if (of_a[0] != '\0' && strcmp(of_a, of_b) == 0) {
                snprintf(taken, JN_DEVICE_TAKEN_MAX, "interface %.120s", of_a);
                return true;
            }
    return false;
}

bool
jn_device_shares(const char *a, const char *b, char taken[JN_DEVICE_TAKEN_MAX]) {
    char of_a[JN_PCI_ADDRESS_MAX], of_b[JN_PCI_ADDRESS_MAX];
    bool pci = jn_device_pci(a, of_a);
    if (pci != jn_device_pci(b, of_b))
        return false;
    if (pci) {
        snprintf(taken, JN_DEVICE_TAKEN_MAX, "NIC %s", of_a);
        return strcmp(of_a, of_b) == 0;
    }
    if (share_interface(a, b, taken))
        return true;
    snprintf(taken, JN_DEVICE_TAKEN_MAX, "DPDK's device %.*s", (int)(name_length(a) < 120 ? name_length(a) : 120), a);
    return name_length(a) == name_length(b) && memcmp(a, b, name_length(a)) == 0;
}
