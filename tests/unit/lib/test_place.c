// SPDX-License-Identifier: BSD-3-Clause
// What is believed of names in the file system: for every region and lock, each way in which a name may be another's than
// its writer's, or the file be of another make.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "policy.h"
#include "run_directory.h"
#include "shm.h"
#include "shm_guard.h"

#define INSTANCE "one"
enum { SIZE = 8192, NOBODY = 65534 };

static char err[JN_ERR_MAX];

static void
path_of(char *path, size_t size, enum jn_region region) {
    snprintf(path, size, "%s/" INSTANCE "/%s/%s", run_dir, jn_writer_directory(jn_region_writer(region)),
             jn_region_name(region));
}

static int
create(struct jn_shm *shm, enum jn_region region, bool reuse) {
    err[0] = '\0';
    int rc = jn_shm_create(shm, INSTANCE, region, SIZE, 1, false, reuse, err);
    if (rc == 0)
        jn_shm_ready(shm);
    return rc;
}

static int
attach(struct jn_shm *shm, enum jn_region region) {
    err[0] = '\0';
    return jn_shm_attach(shm, INSTANCE, region, SIZE, false, err);
}

// A region that a writer left when it was killed: the file of a region that was taken from its directory and put back.
static void
leave_region(enum jn_region region) {
    struct jn_shm shm;
    assert_int_equal(create(&shm, region, false), 0);
    jn_shm_detach(&shm);
}

static void
parent_of(const char *path, unsigned int up, char out[256]) {
    snprintf(out, 256, "%s", path);
    while (up-- > 0)
        *strrchr(out, '/') = '\0';
}

static void
must(bool done) {
    if (!done)
        fail_msg("%s", strerror(errno));
}

static void
foreign_file(const char *path) {
    must(chown(path, NOBODY, NOBODY) == 0);
}
static void
group_writes(const char *path) {
    must(chmod(path, 0660) == 0);
}
static void
others_write(const char *path) {
    must(chmod(path, 0642) == 0);
}
static void
symbolic_link(const char *path) {
    char aside[256];
    snprintf(aside, sizeof(aside), "%s/aside", run_dir);
    must(rename(path, aside) == 0 && symlink(aside, path) == 0);
}
static void
hard_link(const char *path) {
    char second[256];
    snprintf(second, sizeof(second), "%s/second", run_dir);
    must(link(path, second) == 0);
}
static void
fifo(const char *path) {
    must(unlink(path) == 0 && mkfifo(path, 0640) == 0);
}
static void
directory(const char *path) {
    must(unlink(path) == 0 && mkdir(path, 0750) == 0);
}
static void
bound_socket(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
    must(unlink(path) == 0 && fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    close(fd);
}
static void
half_of_it(const char *path) {
    must(truncate(path, SIZE / 2) == 0);
}
static void
nothing_of_it(const char *path) {
    must(truncate(path, 0) == 0);
}
static void
header_of_it(const char *path) {
    must(truncate(path, 16) == 0);
}
static void
older_abi(const char *path) {
    uint32_t version = JN_SHM_ABI_VERSION - 1;
    int fd = open(path, O_WRONLY);
    must(fd >= 0 && pwrite(fd, &version, sizeof(version), offsetof(struct jn_region_header, abi_version)) > 0);
    close(fd);
}
static void
open_to_group(const char *path, unsigned int up) {
    char above[256];
    parent_of(path, up, above);
    must(chmod(above, 0770) == 0);
}
static void
writer_open(const char *path) {
    open_to_group(path, 1);
}
static void
instance_open(const char *path) {
    open_to_group(path, 2);
}
static void
run_directory_open(const char *path) {
    char above[256];
    parent_of(path, 3, above);
    must(chmod(above, 01777) == 0); // a sticky one neither: names in it are made before they are used
}
static void
foreign_directory(const char *path) {
    char above[256];
    parent_of(path, 1, above);
    must(chown(above, NOBODY, NOBODY) == 0);
}
static void
foreign_instance(const char *path) {
    char above[256];
    parent_of(path, 2, above);
    must(chown(above, NOBODY, NOBODY) == 0);
}
static void
linked_directory(const char *path) {
    char above[256], aside[256];
    parent_of(path, 1, above);
    snprintf(aside, sizeof(aside), "%s/aside", run_dir);
    must(rename(above, aside) == 0 && symlink(aside, above) == 0);
}

static const struct {
    const char *what;
    void (*spoil)(const char *path);
    bool needs_root;
    int read;           // what a reader is told
    int write;          // and the next writer
    const char *reason; // a part of what both are told
} spoilt[] = {
    {"another user's file", foreign_file, true, -EPERM, -EPERM, "belongs to user nobody"},
    {"its group writes", group_writes, false, -EPERM, -EPERM, "may be written by others"},
    {"others write", others_write, false, -EPERM, -EPERM, "may be written by others"},
    {"symbolic link", symbolic_link, false, -EPERM, -EPERM, "not believed"},
    {"hard link", hard_link, false, -EPERM, -EPERM, "has 2 names"},
    {"FIFO", fifo, false, -EPERM, -EPERM, "not a regular file"},
    {"directory", directory, false, -EPERM, -EPERM, "not a regular file"},
    {"socket", bound_socket, false, -ENXIO, -EPERM, ""},
    {"half of it", half_of_it, false, -EPROTO, 0, ""},
    {"nothing of it", nothing_of_it, false, -ENOENT, 0, ""},
    {"not its whole header", header_of_it, false, -EPROTO, 0, ""},
    {"an older ABI", older_abi, false, -EPROTO, 0, ""},
    {"the writer's directory is open", writer_open, false, -EPERM, -EPERM, "may be written by its group"},
    {"the instance's directory is open", instance_open, false, -EPERM, -EPERM, "may be written by its group"},
    {"the run directory is open", run_directory_open, false, -EPERM, -EPERM, "may be written by everybody"},
    {"another's directory", foreign_directory, true, -EPERM, -EPERM, "belongs to user nobody"},
    {"another's instance", foreign_instance, true, -EPERM, -EPERM, "belongs to user nobody"},
    {"linked directory", linked_directory, false, -EPERM, -EPERM, "symbolic link"},
};

static void
try_region(enum jn_region region, size_t row) {
    char path[256];
    struct jn_shm shm;
    assert_int_equal(make_run_directory(NULL), 0);
    path_of(path, sizeof(path), region);
    leave_region(region);
    spoilt[row].spoil(path);
    int rc = attach(&shm, region);
    if (rc != spoilt[row].read || strstr(err, spoilt[row].reason) == NULL)
        fail_msg("%s of %s: a reader was told %d (%s)", spoilt[row].what, jn_region_name(region), rc, err);
    rc = create(&shm, region, true);
    if (rc != spoilt[row].write || (rc < 0 && strstr(err, spoilt[row].reason) == NULL))
        fail_msg("%s of %s: a writer was told %d (%s)", spoilt[row].what, jn_region_name(region), rc, err);
    if (rc >= 0)
        jn_shm_remove(&shm);
    assert_int_equal(remove_run_directory(NULL), 0);
}

static void
test_what_is_not_its_writers_is_refused(void **state) {
    (void)state;
    for (size_t row = 0; row < COUNT(spoilt); row++)
        for (enum jn_region region = JN_REGION_POLICY; region <= JN_REGION_CONSUMED; region++)
            if (!spoilt[row].needs_root || geteuid() == 0)
                try_region(region, row);
}

// The same of the lock that makes one writer of many.
static void
test_locks_of_others_are_refused(void **state) {
    static const struct {
        const char *what;
        void (*spoil)(const char *path);
        bool needs_root;
    } rows[] = {{"another user's", foreign_file, true},
                {"its group writes", group_writes, false},
                {"symbolic link", symbolic_link, false},
                {"hard link", hard_link, false},
                {"FIFO", fifo, false},
                {"directory", directory, false}};
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        char path[256];
        struct jn_shm shm;
        if (rows[i].needs_root && geteuid() != 0)
            continue;
        assert_int_equal(make_run_directory(NULL), 0);
        assert_int_equal(jn_instance_make(INSTANCE, false, err), 0);
        snprintf(path, sizeof(path), "%s/" INSTANCE "/control/lock", run_dir);
        close(open(path, O_CREAT | O_WRONLY, 0600));
        rows[i].spoil(path);
        if (create(&shm, JN_REGION_POLICY, false) >= 0)
            fail_msg("%s: the lock was taken", rows[i].what);
        assert_true(strstr(err, path) != NULL);
        assert_int_equal(remove_run_directory(NULL), 0);
    }
}

static struct stat
look(const char *name) {
    char path[256];
    struct stat st;
    snprintf(path, sizeof(path), "%s%s%s", run_dir, name[0] != '\0' ? "/" : "", name);
    must(lstat(path, &st) == 0);
    return st;
}

static void
test_owners_and_modes(void **state) {
    static const struct {
        const char *name;
        mode_t mode;
        enum jn_writer owner; // JN_WRITER_COUNT: who owns the run directory
    } rows[] = {
        {"", 0700, JN_WRITER_COUNT}, // as it was found
        {".claims", 0700, JN_WRITER_DATAPLANE},
        {INSTANCE, 0750, JN_WRITER_COUNT},
        {INSTANCE "/dataplane", 0750, JN_WRITER_DATAPLANE},
        {INSTANCE "/control", 0750, JN_WRITER_CONTROL},
        {INSTANCE "/export", 0750, JN_WRITER_EXPORT},
        {INSTANCE "/export/consumed", 0640, JN_WRITER_EXPORT},
        {INSTANCE "/export/lock", 0600, JN_WRITER_EXPORT},
        {INSTANCE "/export/alive", 0640, JN_WRITER_EXPORT},
    };
    struct jn_shm shm;
    (void)state;
    mode_t before = umask(0);
    assert_int_equal(create(&shm, JN_REGION_CONSUMED, false), 0);
    umask(before);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct stat st = look(rows[i].name);
        uid_t owner = rows[i].owner == JN_WRITER_COUNT ? geteuid() : jn_place_owner(rows[i].owner);
        if ((st.st_mode & 07777) != rows[i].mode || st.st_uid != owner)
            fail_msg("%s: mode %04o, uid %u", rows[i].name, st.st_mode & 07777, st.st_uid);
        if (rows[i].name[0] != '\0' && geteuid() == 0)
            assert_int_equal(st.st_gid, jn_readers_gid());
    }
    jn_shm_remove(&shm);
}

// Whoever can read a file can take a read lock on it: that neither keeps a writer out nor makes a dead one live.
static void
test_a_readers_lock_stops_nobody(void **state) {
    (void)state;
    struct jn_shm writer, reader;
    char path[256];
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    assert_int_equal(create(&writer, JN_REGION_COUNTERS, false), 0);
    assert_int_equal(attach(&reader, JN_REGION_COUNTERS), 0);
    int region = open(writer.path, O_RDONLY);
    snprintf(path, sizeof(path), "%s/" INSTANCE "/dataplane/alive", run_dir);
    int alive = open(path, O_RDONLY);
    assert_int_equal(fcntl(region, F_OFD_SETLK, &lock), 0);
    assert_int_equal(fcntl(alive, F_OFD_SETLK, &lock), -1); // its writer has it
    assert_true(jn_shm_writer_alive(&reader));
    jn_shm_detach(&writer);
    assert_false(jn_shm_writer_alive(&reader));
    assert_int_equal(fcntl(alive, F_OFD_SETLK, &lock), 0);
    assert_false(jn_shm_writer_alive(&reader));
    assert_int_equal(create(&writer, JN_REGION_COUNTERS, true), 1);
    assert_true(jn_shm_writer_alive(&reader));
    close(region);
    close(alive);
    jn_shm_detach(&reader);
    jn_shm_remove(&writer);
}

static void
test_a_region_cut_short_reads_as_zeros(void **state) {
    (void)state;
    struct jn_shm writer, reader;
    assert_int_equal(create(&writer, JN_REGION_COUNTERS, false), 0);
    memset((char *)writer.base + 4096, 0x5a, 16);
    assert_int_equal(attach(&reader, JN_REGION_COUNTERS), 0);
    const volatile uint8_t *byte = (const uint8_t *)reader.base + 4096;
    assert_int_equal(*byte, 0x5a);
    assert_false(jn_shm_was_cut());
    assert_int_equal(truncate(writer.path, 0), 0);
    assert_int_equal(*byte, 0);
    assert_true(jn_shm_was_cut());
    jn_shm_detach(&reader);
    jn_shm_remove(&writer);
}

// Fill the file system that the directory is on, but for some pages.
static void
fill_but(unsigned int pages) {
    static const char page[4096] = {1};
    char path[256];
    snprintf(path, sizeof(path), "%s/" INSTANCE "/fill", run_dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    off_t length = 0;
    must(fd >= 0);
    while (write(fd, page, sizeof(page)) == (ssize_t)sizeof(page))
        length += (off_t)sizeof(page);
    must(ftruncate(fd, length - pages * (off_t)sizeof(page)) == 0);
    close(fd);
}

// In a child. 0: every writer was told, and none ended by it.
static int
on_a_full_file_system(void) {
    struct jn_shm shm;
    if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("none", run_dir, "tmpfs", 0, "size=256k,mode=0755") < 0)
        return 77;
    if (jn_instance_make(INSTANCE, false, err) < 0)
        return 1;
    for (int region = JN_REGION_POLICY; region <= JN_REGION_UNREPORTED; region++) {
        fill_but(1); // which the writer's life takes
        if (create(&shm, (enum jn_region)region, false) != -ENOSPC)
            return 2;
    }
    // A policy that outgrows what is there.
    fill_but(8);
    if (jn_shm_create(&shm, INSTANCE, JN_REGION_POLICY, jn_policy_region_size(), 1, false, false, err) != 0 ||
        jn_policy_back(&shm, 4096) != 0 || jn_policy_back(&shm, 65536) != -ENOSPC)
        return 3;
    jn_shm_remove(&shm);
    return 0;
}

static void
test_a_full_file_system_ends_nobody(void **state) {
    (void)state;
    int status;
    if (geteuid() != 0)
        skip();
    pid_t pid = fork();
    if (pid == 0)
        _exit(on_a_full_file_system());
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        skip();
    assert_int_equal(status, 0);
}

// Another instance's life is not ours, and a life that ended says nothing of the next.
static void
test_lives(void **state) {
    (void)state;
    struct jn_shm first, second, reader;
    assert_int_equal(create(&first, JN_REGION_COUNTERS, false), 0);
    assert_int_equal(jn_shm_create(&second, "two", JN_REGION_COUNTERS, SIZE, 1, false, false, err), 0);
    jn_shm_ready(&second);
    assert_int_equal(attach(&reader, JN_REGION_COUNTERS), 0);
    jn_shm_detach(&first);
    assert_false(jn_shm_writer_alive(&reader));
    assert_true(jn_shm_writer_alive(&second));
    // The next life does not make what an earlier one left its own.
    assert_int_equal(create(&first, JN_REGION_FLOWS, false), 0);
    assert_false(jn_shm_writer_alive(&reader));
    jn_shm_detach(&reader);
    jn_shm_remove(&first);
    jn_shm_remove(&second);
}

// Nothing is left of an instance whose processes ended, and what a dead one left is left alone.
static void
test_tidy(void **state) {
    (void)state;
    struct jn_shm shm;
    char path[256];
    assert_int_equal(create(&shm, JN_REGION_RECORDS, false), 0);
    jn_shm_detach(&shm);
    path_of(path, sizeof(path), JN_REGION_RECORDS);
    jn_instance_tidy(INSTANCE);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(create(&shm, JN_REGION_RECORDS, true), 1);
    jn_instance_tidy(INSTANCE); // while the writer lives
    assert_true(jn_shm_writer_alive(&shm));
    jn_shm_remove(&shm);
    snprintf(path, sizeof(path), "%s/" INSTANCE, run_dir);
    assert_int_equal(access(path, F_OK), -1);
}

static void
test_run_directories(void **state) {
    static const char *const bad[] = {"", "relative", "/", "./x"};
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(jn_run_directory_set(bad[i], err), -EINVAL);
    assert_string_equal(jn_run_directory(), run_dir);
}

// In a child, which becomes nobody: its exit status.
static int
as_nobody(int (*body)(void)) {
    int status;
    pid_t pid = fork();
    if (pid == 0)
        _exit(setgid(NOBODY) == 0 && setuid(NOBODY) == 0 ? body() : 100);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static int
creates_in_the_standard_place(void) {
    struct jn_shm shm;
    if (jn_run_directory_set(JN_RUN_DIRECTORY, err) < 0)
        return 2;
    return create(&shm, JN_REGION_POLICY, false) < 0 && err[0] != '\0' ? 0 : 1;
}

static int
creates_in_roots(void) {
    struct jn_shm shm;
    return create(&shm, JN_REGION_POLICY, false) < 0 ? 0 : 1;
}

static int
creates_in_its_own(void) {
    struct jn_shm shm, reader;
    if (make_run_directory(NULL) < 0 || create(&shm, JN_REGION_POLICY, false) < 0)
        return 1;
    if (attach(&reader, JN_REGION_POLICY) < 0)
        return 2;
    jn_shm_detach(&reader);
    jn_shm_remove(&shm);
    return remove_run_directory(NULL) == 0 ? 0 : 3;
}

static void
test_an_ordinary_user(void **state) {
    (void)state;
    if (geteuid() != 0)
        skip();
    assert_int_equal(as_nobody(creates_in_the_standard_place), 0);
    assert_int_equal(as_nobody(creates_in_roots), 0);
    assert_int_equal(as_nobody(creates_in_its_own), 0);
}

// Of a user's own run directory root believes nothing.
static void
test_root_in_anothers_run_directory(void **state) {
    (void)state;
    struct jn_shm shm;
    if (geteuid() != 0)
        skip();
    assert_int_equal(chown(run_dir, NOBODY, NOBODY), 0);
    assert_int_equal(create(&shm, JN_REGION_POLICY, false), -EPERM);
    assert_true(strstr(err, "user nobody") != NULL);
}

#define IN_A_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, make_run_directory, remove_run_directory)

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_not_its_writers_is_refused),
        cmocka_unit_test(test_locks_of_others_are_refused),
        IN_A_DIRECTORY(test_owners_and_modes),
        IN_A_DIRECTORY(test_a_readers_lock_stops_nobody),
        IN_A_DIRECTORY(test_a_region_cut_short_reads_as_zeros),
        IN_A_DIRECTORY(test_a_full_file_system_ends_nobody),
        IN_A_DIRECTORY(test_lives),
        IN_A_DIRECTORY(test_tidy),
        IN_A_DIRECTORY(test_run_directories),
        IN_A_DIRECTORY(test_an_ordinary_user),
        IN_A_DIRECTORY(test_root_in_anothers_run_directory),
    };
    return cmocka_run_group_tests_name("place", tests, NULL, NULL);
}
