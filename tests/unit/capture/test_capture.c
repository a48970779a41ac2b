// SPDX-License-Identifier: BSD-3-Clause
// Captures written byte by byte: each way of the two formats, frames out of the order of their times, damaged files; and
// that what is written is read again.
#include <stdio.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/capture_order.h"
#include "test.h"

#define SECOND UINT64_C(1000000000)
#define T0     (UINT64_C(1700000000) * SECOND)

struct file {
    uint8_t bytes[65536];
    size_t length;
    bool big; // endian
};

static char path[] = "/tmp/junction-capture-XXXXXX";

static void
put(struct file *f, uint64_t value, unsigned int bytes) {
    for (unsigned int i = 0; i < bytes; i++)
        f->bytes[f->length++] = (uint8_t)(value >> 8 * (f->big ? bytes - 1 - i : i));
}

static void
put_bytes(struct file *f, const void *bytes, size_t length) {
    memcpy(f->bytes + f->length, bytes, length);
    f->length += length;
}

static void
put_pcap(struct file *f, uint32_t magic, uint16_t minor, uint32_t link_type) {
    put(f, magic, 4);
    put(f, 2, 2);
    put(f, minor, 2);
    put(f, 0, 8);
    put(f, 65535, 4);
    put(f, link_type, 4);
}

static void
put_record(struct file *f, uint32_t seconds, uint32_t fraction, uint32_t length, uint32_t wire, const char *data) {
    put(f, seconds, 4);
    put(f, fraction, 4);
    put(f, length, 4);
    put(f, wire, 4);
    put_bytes(f, data, strlen(data));
}

// A block of pcapng: its body is what `close_block` finds behind the place that this returns.
static size_t
open_block(struct file *f, uint32_t type) {
    put(f, type, 4);
    put(f, 0, 4);
    return f->length - 8;
}

static void
close_block(struct file *f, size_t at) {
    put(f, 0, (unsigned int)(-f->length & 3));
    uint32_t length = (uint32_t)(f->length + 4 - at);
    size_t end = f->length;
    f->length = at + 4;
    put(f, length, 4);
    f->length = end;
    put(f, length, 4);
}

static void
put_section(struct file *f) {
    size_t at = open_block(f, 0x0a0d0d0a);
    put(f, 0x1a2b3c4d, 4);
    put(f, 1, 2);
    put(f, 0, 2);
    put(f, UINT64_MAX, 8);
    close_block(f, at);
}

static void
put_interface(struct file *f, uint16_t link_type, uint32_t snap_length, uint8_t resolution, int64_t offset_s) {
    size_t at = open_block(f, 1);
    put(f, link_type, 2);
    put(f, 0, 2);
    put(f, snap_length, 4);
    put(f, 9, 2);
    put(f, 1, 2);
    put(f, f->big ? (uint32_t)resolution << 24 : resolution, 4);
    put(f, 14, 2);
    put(f, 8, 2);
    put(f, (uint64_t)offset_s, 8);
    put(f, 0, 4);
    close_block(f, at);
}

static void
put_packet(struct file *f, uint32_t interface, uint64_t units, uint32_t wire, const char *data) {
    size_t at = open_block(f, 6);
    put(f, interface, 4);
    put(f, units >> 32, 4);
    put(f, units & UINT32_MAX, 4);
    put(f, strlen(data), 4);
    put(f, wire, 4);
    put_bytes(f, data, strlen(data));
    close_block(f, at);
}

static void
put_simple(struct file *f, uint32_t wire, const char *data) {
    size_t at = open_block(f, 3);
    put(f, wire, 4);
    put_bytes(f, data, strlen(data));
    close_block(f, at);
}

static void
store(const struct file *f) {
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    assert_int_equal(fwrite(f->bytes, 1, f->length, out), f->length);
    assert_int_equal(fclose(out), 0);
}

struct wanted {
    uint64_t time_ns;
    const char *data;
    uint32_t wire_length;
    uint16_t link_type;
};

static void
expect_frames(const struct file *f, const struct wanted *wanted, size_t count) {
    struct jn_capture capture;
    struct jn_capture_order order;
    struct jn_capture_frame frame;
    char err[JN_ERR_MAX] = "";
    store(f);
    if (jn_capture_open(&capture, path, err) < 0 || jn_capture_order_make(&order, &capture, err) < 0)
        fail_msg("%s", err);
    assert_string_equal(order.end, "");
    for (size_t i = 0; i < count; i++) {
        assert_true(jn_capture_order_next(&order, &frame));
        assert_int_equal(frame.time_ns, wanted[i].time_ns);
        assert_int_equal(frame.wire_length, wanted[i].wire_length);
        assert_int_equal(frame.link_type, wanted[i].link_type);
        assert_int_equal(frame.length, strlen(wanted[i].data));
        assert_memory_equal(jn_capture_bytes(&capture, &frame), wanted[i].data, frame.length);
    }
    assert_false(jn_capture_order_next(&order, &frame));
    jn_capture_order_free(&order);
    jn_capture_close(&capture);
}

static void
test_pcap(void **state) {
    (void)state;
    static const struct {
        uint32_t magic, fraction;
        uint64_t ns;
        uint16_t minor;
        unsigned int extra; // bytes of a record's header
    } rows[] = {
        {0xa1b2c3d4, 999999, 999999000, 4, 0},
        {0xa1b23c4d, 999999999, 999999999, 4, 0},
        {0xa1b2cd34, 5, 5000, 4, 8},
        {0xa1b2c3d4, 7, 7000, 2, 0}, // lengths the other way round
        {0xa1b23c4d, 4000000000, 4 * SECOND, 4, 0},
        {0xa1b2c3d4, 3000000, 3 * SECOND, 4, 0},
    };
    for (size_t i = 0; i < 2 * sizeof(rows) / sizeof(rows[0]); i++) {
        struct file f = {.big = i & 1};
        bool old = rows[i / 2].minor < 3;
        put_pcap(&f, rows[i / 2].magic, rows[i / 2].minor, 101 | 0xf4000000); // with a frame check sequence, it says
        for (uint32_t k = 0; k < 2; k++) {
            put_record(&f, 1700000000 + 10 * k, rows[i / 2].fraction, old ? 90 : 5, old ? 5 : 90, "");
            put(&f, 0, rows[i / 2].extra);
            put_bytes(&f, k == 0 ? "first" : "again", 5);
        }
        const struct wanted wanted[] = {{T0 + rows[i / 2].ns, "first", 90, 101},
                                        {T0 + 10 * SECOND + rows[i / 2].ns, "again", 90, 101}};
        expect_frames(&f, wanted, 2);
    }
}

static void
test_pcapng_of_several_interfaces_and_sections(void **state) {
    (void)state;
    for (int order = 0; order < 4; order++) {
        struct file f = {.big = order & 1};
        put_section(&f);
        put_interface(&f, 1, 3, 6, 0);           // microseconds
        put_interface(&f, 101, 0, 9, 0);         // nanoseconds
        put_interface(&f, 113, 0, 0x80 | 10, 0); // parts of 1/1024 s
        put_interface(&f, 0, 0, 0, 1700000000);  // seconds since then
        put_interface(&f, 9, 0, 12, -10);        // picoseconds, ten seconds ahead
        close_block(&f, open_block(&f, 5));      // a block of no packet
        put_packet(&f, 0, 1700000000000001, 60, "abc");
        put_packet(&f, 1, T0 + 2000, 61, "d");
        put_simple(&f, 900, "efg ");
        put_packet(&f, 2, 1700000000 * UINT64_C(1024) + 512, 62, "hi");
        put_packet(&f, 3, 1, 63, "jklmn");
        put_packet(&f, 4, 2000000000000, 64, "o");
        f.big = order & 2;
        put_section(&f);
        put_interface(&f, 276, 0, 6, 0);
        put_packet(&f, 0, 1700000002000000, 65, "pq");
        const struct wanted wanted[] = {
            {T0 + 1000, "abc", 60, 1},        {T0 + 2000, "d", 61, 101},
            {T0 + 2000, "efg", 900, 1}, // without a time; of the first interface, and so cut to three bytes
            {T0 + SECOND / 2, "hi", 62, 113}, {T0 + SECOND, "jklmn", 63, 0},
            {T0 + SECOND, "o", 64, 9}, // 2 s after 1970 less ten is no time: that of the frame before
            {T0 + 2 * SECOND, "pq", 65, 276},
        };
        expect_frames(&f, wanted, 7);
    }
}

static void
test_frames_come_in_the_order_of_their_times(void **state) {
    (void)state;
    struct file f = {0};
    put_pcap(&f, 0xa1b2c3d4, 4, 1);
    put_record(&f, 1700000010, 0, 1, 60, "c");
    put_record(&f, 0, 0, 1, 60, "a"); // a clock that was never set
    put_record(&f, 1700000000, 0, 1, 60, "b");
    put_record(&f, UINT32_MAX, 0, 1, 60, "f"); // in 2106
    put_record(&f, 1700003600, 0, 1, 60, "e");
    put_record(&f, 1700000010, 0, 1, 60, "d"); // of the same time as the first
    const struct wanted wanted[] = {{0, "a", 60, 1},
                                    {T0, "b", 60, 1},
                                    {T0 + 10 * SECOND, "c", 60, 1},
                                    {T0 + 10 * SECOND, "d", 60, 1},
                                    {T0 + 3600 * SECOND, "e", 60, 1},
                                    {UINT32_MAX * SECOND, "f", 60, 1}};
    expect_frames(&f, wanted, 6);
}

static void
test_times_that_no_record_can_hold(void **state) {
    (void)state;
    struct file f = {0};
    put_section(&f);
    put_interface(&f, 1, 0, 9, 0);
    put_interface(&f, 1, 0, 0, INT64_MIN);
    put_packet(&f, 0, UINT64_MAX, 60, "a"); // in 2554
    put_packet(&f, 0, T0, 60, "b");
    put_packet(&f, 1, 5, 60, "c");
    put_packet(&f, 0, INT64_MAX, 60, "e"); // in 2262
    put_packet(&f, 0, T0 + 1, 60, "d");
    const struct wanted wanted[] = {
        {T0, "a", 60, 1}, {T0, "b", 60, 1}, {T0, "c", 60, 1}, {T0 + 1, "d", 60, 1}, {INT64_MAX, "e", 60, 1}};
    expect_frames(&f, wanted, 5);
}

// What is before the damage is read, and the damage is told.
static void
test_damaged_files(void **state) {
    (void)state;
    static const char *const rows[] = {
        "truncated: a record has 3 of 5 bytes",
        "truncated inside a record's header",
        "a record of 262145 bytes",
        "truncated inside a block",
        "a block of 13 bytes",
        "says 99 at its end",
        "a packet of interface 7",
        "a packet of 2000 bytes in a block",
        "a packet before the first interface",
        "section without byte-order magic",
        "pcapng of version 2.0",
        "truncated inside a block's header",
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct file f = {0};
        if (i < 3)
            put_pcap(&f, 0xa1b2c3d4, 4, 1);
        else
            put_section(&f);
        if (i < 3)
            put_record(&f, 1, 1, 2, 2, "ok");
        else if (i != 8) {
            put_interface(&f, 1, 0, 6, 0);
            put_packet(&f, 0, 1, 2, "ok");
        }
        size_t at = f.length;
        switch (i) {
        case 0: put_record(&f, 1, 1, 5, 5, "cut"); break;
        case 1: put(&f, 1, 4); break;
        case 2: put_record(&f, 1, 1, 262145, 5, "long"); break;
        case 3:
            put_packet(&f, 0, 1, 2, "cut");
            f.length -= 5;
            break;
        case 4:
            put(&f, 6, 4);
            put(&f, 13, 4);
            put(&f, 0, 24);
            break;
        case 5:
            put_packet(&f, 0, 1, 2, "end");
            f.length -= 4;
            put(&f, 99, 4);
            break;
        case 6: put_packet(&f, 7, 1, 2, "if"); break;
        case 7:
            put_packet(&f, 0, 1, 2, "length");
            f.length = at + 20;
            put(&f, 2000, 4);
            f.length = at + 40;
            break;
        case 8: put_simple(&f, 1, "x"); break;
        case 9:
            put_section(&f);
            f.bytes[at + 8] = 0;
            break;
        case 10:
            put_section(&f);
            f.bytes[at + 12] = 2;
            break;
        case 11: put(&f, 6, 4); break;
        }
        struct jn_capture capture;
        struct jn_capture_order order;
        char err[JN_ERR_MAX];
        store(&f);
        assert_int_equal(jn_capture_open(&capture, path, err), 0);
        assert_int_equal(jn_capture_order_make(&order, &capture, err), 0);
        assert_int_equal(order.count, i != 8);
        if (strstr(order.end, rows[i]) == NULL)
            fail_msg("%zu: %s", i, order.end);
        jn_capture_order_free(&order);
        jn_capture_close(&capture);
    }
}

static void
test_what_is_no_capture_that_is_known(void **state) {
    (void)state;
#define HEAD(bytes) bytes, sizeof(bytes) - 1
    static const struct {
        const char *head;
        size_t head_length, length;
        const char *why;
    } rows[] = {
        {HEAD(""), 0, "empty"},
        {HEAD("\xd4\xc3\xb2\xa1"), 4, "truncated"},
        {HEAD("\x1f\x8b\x08"), 30, "gzip"},
        {HEAD("\x28\xb5\x2f\xfd"), 30, "zstd"},
        {HEAD("\xd4\xc3\xb2\xa1\x03\0\x04"), 30, "version 3.4"},
        {HEAD("A sentence."), 30, "begins with 41 20 73 65"},
        {HEAD("\xd4\xc3\xb2\xa1\x02\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\x69"), 40, "link type 105"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_capture capture;
        struct jn_capture_order order = {0};
        char err[JN_ERR_MAX] = "";
        struct file f = {.length = rows[i].length};
        memcpy(f.bytes, rows[i].head, rows[i].head_length);
        store(&f);
        int rc = jn_capture_open(&capture, path, err);
        if (rc == 0)
            rc = jn_capture_order_make(&order, &capture, err);
        assert_true(rc < 0);
        if (strstr(err, rows[i].why) == NULL)
            fail_msg("%s: %s", rows[i].why, err);
        jn_capture_order_free(&order);
        jn_capture_close(&capture);
    }
}

// In the order in which they stood, whatever the order in which they come.
static void
test_what_is_written_is_read_again(void **state) {
    (void)state;
    static const struct {
        struct jn_capture_kind kind;
        bool pcapng;
    } rows[] = {
        {{{113}, 1, T0, true}, false},
        {{{113}, 1, T0, false}, false},
        {{{1, 113}, 2, T0, false}, true},
        {{{1, 113}, 2, T0, true}, true},
        {{{113}, 1, UINT64_C(5000000000) * SECOND, true}, true},
    };
    static const char *const data[] = {"first", "second", ""};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct jn_capture_writer writer;
        struct jn_capture capture;
        struct jn_capture_frame frame;
        char err[JN_ERR_MAX];
        bool ordered = rows[i].kind.ordered;
        assert_int_equal(jn_capture_write_open(&writer, path, &rows[i].kind, err), 0);
        for (unsigned int k = 0; k < 3; k++) {
            unsigned int which = ordered ? k : 2 - k;
            frame = (struct jn_capture_frame){.time_ns = T0 - which,
                                              .offset = 100 * which,
                                              .length = (uint32_t)strlen(data[which]),
                                              .wire_length = 70 + which,
                                              .link_type = 113};
            jn_capture_write(&writer, &frame, data[which]);
        }
        assert_int_equal(jn_capture_write_close(&writer, err), 0);
        assert_int_equal(jn_capture_open(&capture, path, err), 0);
        assert_int_equal(capture.interface_room, 0);
        for (unsigned int k = 0; k < 3; k++) {
            assert_int_equal(jn_capture_next(&capture, &frame, err), 1);
            assert_int_equal(frame.time_ns, T0 - k);
            assert_int_equal(frame.wire_length, 70 + k);
            assert_int_equal(frame.link_type, 113);
            assert_int_equal(frame.length, strlen(data[k]));
            assert_memory_equal(jn_capture_bytes(&capture, &frame), data[k], frame.length);
        }
        assert_int_equal(jn_capture_next(&capture, &frame, err), 0);
        assert_int_equal(capture.interface_room != 0, rows[i].pcapng);
        jn_capture_close(&capture);
    }
}

static void
test_a_full_disk_is_told(void **state) {
    (void)state;
    for (int ordered = 0; ordered < 2; ordered++) {
        const struct jn_capture_kind kind = {{1}, 1, T0, ordered};
        const struct jn_capture_frame frame = {.time_ns = T0, .length = 60, .wire_length = 60, .link_type = 1};
        struct jn_capture_writer writer;
        uint8_t bytes[60] = {0};
        char err[JN_ERR_MAX] = "";
        assert_int_equal(jn_capture_write_open(&writer, "/dev/full", &kind, err), 0);
        for (unsigned int i = 0; i < 1000; i++)
            jn_capture_write(&writer, &frame, bytes);
        assert_int_equal(jn_capture_write_close(&writer, err), -28);
        assert_string_equal(err, "/dev/full: cannot be written: No space left on device");
    }
}

static int
remove_file(void **state) {
    (void)state;
    return unlink(path);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pcap),
        cmocka_unit_test(test_pcapng_of_several_interfaces_and_sections),
        cmocka_unit_test(test_frames_come_in_the_order_of_their_times),
        cmocka_unit_test(test_times_that_no_record_can_hold),
        cmocka_unit_test(test_damaged_files),
        cmocka_unit_test(test_what_is_no_capture_that_is_known),
        cmocka_unit_test(test_what_is_written_is_read_again),
        cmocka_unit_test(test_a_full_disk_is_told),
    };
    int fd = mkstemp(path);
    if (fd < 0 || close(fd) < 0)
        return 1;
    return cmocka_run_group_tests_name("capture", tests, NULL, remove_file);
}
