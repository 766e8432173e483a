/* SPDX-License-Identifier: Apache-2.0 */
/* journal_kit.h - what the tests of the journal share. */
#ifndef TESTS_JOURNAL_KIT_H
#define TESTS_JOURNAL_KIT_H

#include "bitmap/journal.h"
#include "tests/support/set_store.h"
#include "tests/support/test.h"

#include <errno.h>
#include <string.h>

/* The records of the journal, and their bytes in all. */
static inline size_t kit_records(struct set_store *ss, uint64_t *ret_bytes)
{
	const uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL, [8] = 1 };
	struct bm_journal_record rec;
	struct rs_cursor c;
	struct rs_view *v;
	size_t n = 0;
	int err;

	*ret_bytes = 0;
	assert_int_equal(rs_view_live(ss->store, &v), 0);
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, key, sizeof(key));
	while (!err && c.key[0] == RS_KEY_JOURNAL) {
		assert_int_equal(bm_journal_decode(&c, &rec), 0);
		*ret_bytes += rec.len;
		n++;
		err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	rs_view_put(v);
	return n;
}

static inline void kit_sync(struct set_store *ss)
{
	assert_int_equal(rs_sync(ss->store), 0);
}

/* A batch too large for the journal. */
static inline void kit_write_large(struct set_store *ss, uint64_t ino)
{
	struct bm_batch b;

	bm_batch_init(&b);
	for (uint64_t i = 0; i < 9000; i++)
		assert_int_equal(bm_batch_add(&b, 1000 + 77 * i), 0);
	assert_int_equal(bm_append(ss->db, ino, &b, 1), 0);
	bm_batch_finish(&b);
}

#endif
