// SPDX-License-Identifier: BSD-3-Clause
// Memory as devices need it: huge pages of any size, limits of control groups, locked memory. What is said when it is not
// to be had.
#include "host/host_memory.h"

#include "host/host_nodes.h"
#include "host_case.h"

#define PAGES "/sys/kernel/mm/hugepages/hugepages-"
#define TWO(count, unused, reserved)                                                                                   \
    PAGES "2048kB/nr_hugepages=" count "\n", PAGES "2048kB/free_hugepages=" unused "\n",                               \
        PAGES "2048kB/resv_hugepages=" reserved "\n"
#define GIGA(count, unused) PAGES "1048576kB/nr_hugepages=" count "\n", PAGES "1048576kB/free_hugepages=" unused "\n"
#define MEMINFO             "/proc/meminfo=MemTotal: 4194304 kB\nHugePages_Free: 1\nHugepagesize: 2048 kB\n"
#define UIO                 "port n: uio_pci_generic"

enum { HAS_HUGE = 1, NO_LOCK = 2, BLIND = 4, ANY_MBUFS = 8 };

static const struct {
    const char *name;
    unsigned int memory_mb;
    bool no_huge;       // dataplane.hugepages is false
    const char *device; // of port n
    const char *iova;   // why it needs physical addresses; NULL: it does not
    int flags;          // HAS_HUGE is expected; NO_LOCK: without CAP_IPC_LOCK; BLIND: to physical addresses; ANY_MBUFS:
                        // as many buffers as it takes
    uint64_t lockable;  // bytes, with NO_LOCK
    const char *sentence; // NULL: it starts
    const char *files[12];
} cases[] = {
    {"enough of 2 MB", 512, false, "0000:03:00.0", NULL, HAS_HUGE, 0, NULL, {MEMINFO, TWO("256", "256", "0")}},
    {"of 1 GB alone",
     512,
     false,
     "0000:03:00.0",
     NULL,
     HAS_HUGE,
     0,
     NULL,
     {MEMINFO, TWO("0", "0", "0"), GIGA("1", "1")}},
    {"of both sizes",
     1536,
     false,
     "0000:03:00.0",
     NULL,
     HAS_HUGE,
     0,
     NULL,
     {MEMINFO, TWO("256", "256", "0"), GIGA("1", "1")}},
    {"reserved by others", 512, false, "0000:03:00.0", NULL, 0, 0, NULL, {MEMINFO, TWO("256", "256", "1")}},
    {"not asked for", 512, true, "0000:03:00.0", NULL, 0, 0, NULL, {MEMINFO, TWO("256", "256", "0")}},
    {"none", 512, false, "net_null0", NULL, 0, 0, NULL, {MEMINFO}},
    {"within the control group",
     512,
     false,
     "net_null0",
     NULL,
     HAS_HUGE,
     0,
     NULL,
     {MEMINFO, TWO("256", "256", "0"), "/proc/self/cgroup=0::/a/b\n", "/sys/fs/cgroup/a/hugetlb.2MB.max=536870912\n",
      "/sys/fs/cgroup/a/hugetlb.2MB.current=0\n"}},
    {"physical, enough", 512, false, "0000:03:00.0", UIO, HAS_HUGE, 0, NULL, {MEMINFO, TWO("256", "256", "0")}},
    {"physical, too few",
     512,
     false,
     "0000:03:00.0",
     UIO,
     0,
     0,
     "port n (0000:03:00.0): with uio_pci_generic the device needs physical addresses, and so huge pages: 512 MB are "
     "needed "
     "(dataplane.memory_mb), 200 MB are free: sysctl vm.nr_hugepages=276",
     {MEMINFO, TWO("120", "100", "0")}},
    {"physical, none asked for",
     512,
     true,
     "0000:03:00.0",
     UIO,
     0,
     0,
     "port n (0000:03:00.0): with uio_pci_generic the device needs physical addresses, and so huge pages: set "
     "dataplane.hugepages to true",
     {MEMINFO, TWO("256", "256", "0")}},
    {"physical, kept by version 2",
     512,
     false,
     "0000:03:00.0",
     UIO,
     0,
     0,
     "port n (0000:03:00.0): with uio_pci_generic the device needs physical addresses, and so huge pages: 512 MB are "
     "needed "
     "(dataplane.memory_mb), 500 MB are free: raise /sys/fs/cgroup/a/hugetlb.2MB.max",
     {MEMINFO, TWO("256", "256", "0"), "/proc/self/cgroup=0::/a/b\n", "/sys/fs/cgroup/a/hugetlb.2MB.max=536870912\n",
      "/sys/fs/cgroup/a/hugetlb.2MB.current=12582912\n"}},
    {"physical, kept by version 1",
     512,
     false,
     "0000:03:00.0",
     UIO,
     0,
     0,
     "port n (0000:03:00.0): with uio_pci_generic the device needs physical addresses, and so huge pages: 512 MB are "
     "needed "
     "(dataplane.memory_mb), 2 MB are free: raise /sys/fs/cgroup/hugetlb/c/hugetlb.2MB.limit_in_bytes",
     {MEMINFO, TWO("256", "256", "0"), "/proc/self/cgroup=9:x,hugetlb:/c\n3:cpuset:/\n",
      "/sys/fs/cgroup/hugetlb/c/hugetlb.2MB.limit_in_bytes=2097152\n",
      "/sys/fs/cgroup/hugetlb/hugetlb.2MB.limit_in_bytes=9223372036854771712\n"}},
    {"physical, not root",
     512,
     false,
     "0000:03:00.0",
     UIO,
     HAS_HUGE | BLIND,
     0,
     "port n (0000:03:00.0): with uio_pci_generic the device needs physical addresses, which the kernel tells root "
     "alone "
     "(cap_sys_admin): start Junction as root, outside of a container's user namespace",
     {MEMINFO, TWO("256", "256", "0")}},
    {"plain, more than there is",
     8192,
     true,
     "net_null0",
     NULL,
     0,
     0,
     "memory: 8192 MB are needed (dataplane.memory_mb), this host has 4096 MB: lower dataplane.memory_mb",
     {MEMINFO}},
    {"plain, kept by a control group",
     512,
     true,
     "net_null0",
     NULL,
     0,
     0,
     "memory: 512 MB are needed (dataplane.memory_mb), this process may have 256 MB by /sys/fs/cgroup/a/memory.max: "
     "lower "
     "dataplane.memory_mb, or raise that limit",
     {MEMINFO, "/proc/self/cgroup=0::/a/b\n", "/sys/fs/cgroup/a/memory.max=268435456\n",
      "/sys/fs/cgroup/a/b/memory.max=max\n"}},
    {"locked, vfio",
     512,
     true,
     "0000:03:00.0",
     NULL,
     NO_LOCK,
     8 << 20,
     "port n (0000:03:00.0): 512 MB of memory have to be locked (dataplane.memory_mb), this process may lock 8 MB: "
     "LimitMEMLOCK=infinity in its unit, ulimit -l unlimited in a shell, or start Junction as root",
     {MEMINFO}},
    {"locked, just enough", 512, true, "0000:03:00.0", NULL, NO_LOCK, 512 << 20, NULL, {MEMINFO}},
    {"locked, physical addresses",
     512,
     false,
     "0000:03:00.0",
     UIO,
     HAS_HUGE | NO_LOCK,
     8 << 20,
     NULL,
     {MEMINFO, TWO("256", "256", "0")}},
    {"locked, AF_XDP",
     512,
     true,
     "net_af_xdp0,iface=eth2",
     NULL,
     NO_LOCK,
     8 << 20,
     "port n (net_af_xdp0,iface=eth2): 34 MB of memory have to be locked, this process may lock 8 MB: "
     "LimitMEMLOCK=infinity "
     "in its unit, ulimit -l unlimited in a shell, or start Junction as root",
     {MEMINFO}},
    {"locked, AF_XDP, as many buffers as it takes",
     512,
     true,
     "net_af_xdp0,iface=eth2",
     NULL,
     NO_LOCK | ANY_MBUFS,
     8 << 20,
     "port n (net_af_xdp0,iface=eth2): 20 MB of memory have to be locked, this process may lock 8 MB: "
     "LimitMEMLOCK=infinity "
     "in its unit, ulimit -l unlimited in a shell, or start Junction as root",
     {MEMINFO}},
    {"locked, AF_XDP, as many buffers as it takes, just enough",
     512,
     true,
     "net_af_xdp0,iface=eth2",
     NULL,
     NO_LOCK | ANY_MBUFS,
     20 << 20,
     NULL,
     {MEMINFO}},
    {"locked, nothing to lock", 512, true, "net_tap0", NULL, NO_LOCK, 0, NULL, {MEMINFO}},
};

static void
test_memory(void **state) {
    for (size_t i = 0; i < COUNT(cases); i++) {
        assert_int_equal(make_host(state), 0);
        for (size_t f = 0; f < COUNT(cases[i].files) && cases[i].files[f] != NULL; f++)
            host_put(cases[i].files[f]);
        struct jn_host fake = host_usual();
        struct jn_options options = {.huge = !cases[i].no_huge,
                                     .memory_mb = cases[i].memory_mb,
                                     .mbufs = cases[i].flags & ANY_MBUFS ? 0 : 16384,
                                     .worker_count = 1,
                                     .port_count = 1};
        struct jn_host_plan plan = {.iova = cases[i].iova != NULL ? JN_IOVA_PHYSICAL : JN_IOVA_VIRTUAL};
        char err[JN_ERR_MAX] = "";
        strcpy(options.ports[0].name, "n");
        strcpy(options.ports[0].device, cases[i].device);
        snprintf(plan.iova_why, sizeof(plan.iova_why), "%s", cases[i].iova != NULL ? cases[i].iova : "");
        if (cases[i].flags & NO_LOCK) {
            fake.capabilities = 0;
            fake.lockable = cases[i].lockable;
        }
        fake.sees_physical = !(cases[i].flags & BLIND);
        int rc = jn_host_check_memory(&fake, &options, &plan, err);
        expect_sentence(cases[i].name, cases[i].sentence, rc, err);
        if (plan.huge != ((cases[i].flags & HAS_HUGE) != 0))
            fail_msg("%s: huge pages are %staken", cases[i].name, plan.huge ? "" : "not ");
        assert_int_equal(remove_host(state), 0);
    }
}

#define NODE "/sys/devices/system/node/"

static const struct {
    unsigned int core;
    const char *online;
    const char *sentence; // NULL: it has some
} nodes[] = {
    {1, "0-1\n", NULL},
    {3, "0\n", NULL}, // one node: all memory is its own
    {3, "0-1\n",
     "worker core 3: its NUMA node 1 has no huge page free, so its memory is another node's and slower: set pages "
     "aside by " NODE "node1/hugepages/hugepages-2048kB/nr_hugepages"},
    {9, "0-1\n", NULL}, // no node has it
};

static void
test_nodes(void **state) {
    (void)state;
    host_put(NODE "node0/cpulist=0-1\n");
    host_put(NODE "node1/cpulist=2-3\n");
    host_put(NODE "node0/hugepages/hugepages-2048kB/free_hugepages=0\n");
    host_put(NODE "node0/hugepages/hugepages-1048576kB/free_hugepages=1\n");
    host_put(NODE "node1/hugepages/hugepages-2048kB/free_hugepages=0\n");
    host_put(NODE "node1/hugepages/hugepages-1048576kB/free_hugepages=0\n");
    for (size_t i = 0; i < COUNT(nodes); i++) {
        struct jn_host fake = host_usual();
        char sentence[JN_ERR_MAX] = "";
        host_file(NODE "online", nodes[i].online);
        bool lacks = jn_host_node_lacks(&fake, nodes[i].core, sentence, sizeof(sentence));
        expect_sentence(nodes[i].online, nodes[i].sentence, lacks, sentence);
    }
}

int
main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_memory),
                                       cmocka_unit_test_setup_teardown(test_nodes, make_host, remove_host)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
