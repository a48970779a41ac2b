// SPDX-License-Identifier: BSD-3-Clause
// A block that takes the memory of one that was let go has nothing of it, whatever had become of that one.
#include "block.h"
#include "test.h"

enum { LIVES = 80, FEW = 3 };

static struct document
document_of(const char *text, uint64_t packets) {
    return (struct document){.text = text,
                             .length = strlen(text),
                             .key = "key",
                             .key_length = 3,
                             .id = text,
                             .id_length = 1,
                             .date = text,
                             .packets = packets,
                             .bytes = packets * 100};
}

static struct block *
filled(uint64_t first, unsigned int count) {
    struct jn_sink_amount before = {first, first * 10, first * 1000};
    struct block *block = block_make(first, &before, first);
    struct document document = document_of("{\"of\":\"this life\"}", first);
    assert_non_null(block);
    assert_int_equal(block->holders, 1);
    assert_int_equal(block->unsecured, 0);
    assert_int_equal(block->count, 0);
    assert_int_equal(block->size, 0);
    assert_false(block->is_signed);
    assert_int_equal(block->damaged.records, 0);
    for (unsigned int i = 0; i < count; i++)
        assert_true(block_add(block, &document, first + i));
    assert_int_equal(block->amount.packets, count * first);
    assert_int_equal(block_behind(block).records, first + count);
    for (unsigned int i = 0; i < count; i++) {
        assert_int_equal(block_length(block, i), document.length);
        assert_memory_equal(block_document(block, i).text, document.text, document.length);
        assert_int_equal(block_sequence(block, i), first + i);
        assert_int_equal(block->opaque[i], first + i);
    }
    return block;
}

static void
test_a_block_begins_empty(void **state) {
    static const struct {
        unsigned int count;
        bool seal, sign;
    } lives[] = {
        {BLOCK_DOCUMENTS, true, true}, {FEW, true, false}, {FEW, false, true}, {BLOCK_DOCUMENTS, false, false}};
    (void)state;
    for (uint64_t first = 1; first <= LIVES; first++) {
        struct block *block = filled(first, lives[first % COUNT(lives)].count);
        block->unsecured = 1;
        block->damaged.records = 1;
        if (lives[first % COUNT(lives)].seal)
            block_seal(block);
        if (lives[first % COUNT(lives)].sign)
            block_sign(block);
        block_let_go(block);
    }
}

// More at once than are kept.
static void
test_many_blocks_are_apart(void **state) {
    static struct block *blocks[LIVES];
    (void)state;
    for (unsigned int round = 0; round < 2; round++) {
        for (uint64_t i = 0; i < LIVES; i++)
            blocks[i] = filled(i + 1, FEW);
        for (uint64_t i = 0; i < LIVES; i++) {
            assert_int_equal(block_sequence(blocks[i], 0), i + 1);
            block_let_go(blocks[i]);
        }
    }
}

// Larger than a block, in one of its own; the next has the usual room.
static void
test_a_large_document_has_its_own(void **state) {
    static char text[BLOCK_BYTES + 1000];
    struct jn_sink_amount before = {0};
    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    struct document document = document_of(text, 1);
    struct block *block = block_make(1, &before, 0);
    assert_true(block_add(block, &document, 1));
    assert_int_equal(block_length(block, 0), sizeof(text) - 1);
    block_let_go(block);
    block = filled(2, FEW);
    assert_int_equal(block->room, BLOCK_BYTES);
    block_let_go(block);
}

int
main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_block_begins_empty),
        cmocka_unit_test(test_many_blocks_are_apart),
        cmocka_unit_test(test_a_large_document_has_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
