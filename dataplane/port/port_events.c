// SPDX-License-Identifier: BSD-3-Clause
#define ALLOW_EXPERIMENTAL_API // rte_dev_event_callback_register has been there since 18.05, and is still called so
#include "port/port_events.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_dev.h>
#include <rte_ethdev.h>

#include "device_name.h"
#include "port/port_told.h"

// Writers: the interrupt thread adds, the main thread takes; both by compare and exchange.
static uint32_t of_ethdev[RTE_MAX_ETHPORTS], of_port[JN_MAX_PORTS];
static char names[JN_MAX_PORTS][JN_PCI_ADDRESS_MAX]; // of PCI devices; written before anybody listens

static void
note(uint32_t *told, enum jn_port_told bit) {
    uint32_t before = __atomic_load_n(told, __ATOMIC_RELAXED);
    while (!__atomic_compare_exchange_n(told, &before, jn_port_told_add(before, bit), true, __ATOMIC_RELEASE,
                                        __ATOMIC_RELAXED))
        continue;
}

// vfio asks to let the device go, and the kernel waits until it is.
static void
on_bus(const char *device, enum rte_dev_event_type event, void *unused) {
    (void)unused;
    for (unsigned int i = 0; event == RTE_DEV_EVENT_REMOVE && i < JN_MAX_PORTS; i++)
        if (names[i][0] != '\0' && strcmp(names[i], device) == 0)
            note(&of_port[i], JN_TOLD_REMOVED);
}

static const struct {
    enum rte_eth_event_type event;
    enum jn_port_told told;
} heard[] = {
    {RTE_ETH_EVENT_INTR_RMV, JN_TOLD_REMOVED},          {RTE_ETH_EVENT_INTR_RESET, JN_TOLD_RESET},
    {RTE_ETH_EVENT_ERR_RECOVERING, JN_TOLD_RECOVERING}, {RTE_ETH_EVENT_RECOVERY_SUCCESS, JN_TOLD_RECOVERED},
    {RTE_ETH_EVENT_RECOVERY_FAILED, JN_TOLD_FAILED},
};

static int
on_driver(uint16_t ethdev, enum rte_eth_event_type event, void *unused, void *result) {
    (void)unused, (void)result;
    for (size_t i = 0; ethdev < RTE_MAX_ETHPORTS && i < sizeof(heard) / sizeof(heard[0]); i++)
        if (heard[i].event == event)
            note(&of_ethdev[ethdev], heard[i].told);
    return 0;
}

int
jn_port_events_listen(const struct jn_app *app, char err[JN_ERR_MAX]) {
    for (unsigned int i = 0; i < app->options.port_count; i++)
        jn_device_pci(app->options.ports[i].device, names[i]);
    int rc = rte_dev_event_callback_register(NULL, on_bus, NULL);
    for (size_t i = 0; rc == 0 && i < sizeof(heard) / sizeof(heard[0]); i++)
        rc = rte_eth_dev_callback_register(RTE_ETH_ALL, heard[i].event, on_driver, NULL);
    if (rc != 0)
        snprintf(err, JN_ERR_MAX, "DPDK does not tell of its devices' events: %s", strerror(rc < 0 ? -rc : EINVAL));
    return rc;
}

uint32_t
jn_port_events_take(const struct jn_app *app, unsigned int port_idx) {
    uint16_t ethdev = app->ports[port_idx].ethdev;
    uint32_t told = __atomic_exchange_n(&of_port[port_idx], 0, __ATOMIC_ACQUIRE);
    return ethdev < RTE_MAX_ETHPORTS ? told | __atomic_exchange_n(&of_ethdev[ethdev], 0, __ATOMIC_ACQUIRE) : told;
}
