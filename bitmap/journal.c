/* SPDX-License-Identifier: Apache-2.0 */
/* journal.c - writing the journal and clearing it.
 *
 * Only before a commit, at open and at close, so there is never more than one
 * thread here; but bm_journal_number() is for every txn that settles.
 */

#include "bitmap/journal.h"
#include "bitmap/journal_code.h"
#include "bitmap/set.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <string.h>

/* Numbers are reserved in steps: one record in so many batches. */
#define NUMBERS_STEP ((uint64_t)1 << 20)
#define SOME	     64u /* records found before any is removed */

_Static_assert(sizeof(struct bm_disk_journal) == 12, "docs/format.md");
_Static_assert(sizeof(struct bm_disk_numbers) == 8, "docs/format.md");
_Static_assert(sizeof(struct bm_disk_journal) + BM_INLINE_MAX <= RS_VAL_MAX,
	       "a record fits");

static const uint8_t numbers_key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };

static void record_key(uint8_t key[BM_JOURNAL_KEY_SIZE], uint64_t seq)
{
	key[0] = RS_KEY_JOURNAL;
	be64_put(key + 1, seq);
}

/* --- numbers -------------------------------------------------------------- */

int bm_numbers_decode(const void *val, size_t len, uint64_t *ret_below)
{
	struct bm_disk_numbers d;

	if (len != sizeof(d))
		return -EUCLEAN;
	memcpy(&d, val, sizeof(d));
	*ret_below = le64_get(d.below);
	return 0;
}

int bm_journal_numbers(const struct rs_view *v, uint64_t *ret_below)
{
	uint8_t val[RS_VAL_MAX];
	size_t len;
	int err = rs_get(v, numbers_key, sizeof(numbers_key), val, sizeof(val),
			 &len, NULL);

	if (err == -ENOENT) {
		*ret_below = 0;
		return 0;
	}
	return err ? err : bm_numbers_decode(val, len, ret_below);
}

/* What is remembered was read from the tree as others left it: what this txn
 * puts may still be taken back. */
int bm_journal_number(struct bm_db *db, struct rs_txn *t, uint64_t seq)
{
	struct bm_disk_numbers d;
	uint64_t below = 0;
	int err;

	if (seq < atomic_load(&db->numbers))
		return 0;
	err = bm_journal_numbers(rs_txn_view(t), &below);
	if (err)
		return err;
	if (seq < below) {
		atomic_store(&db->numbers, below);
		return 0;
	}
	if (seq > UINT64_MAX - NUMBERS_STEP)
		return -EUCLEAN;
	d.below = le64_put(seq + NUMBERS_STEP);
	return rs_put(t, numbers_key, sizeof(numbers_key), &d, sizeof(d), 0);
}

/* --- writing -------------------------------------------------------------- */

int bm_journal_put(struct rs_txn *t, uint64_t seq, uint32_t batches,
		   const struct buf *bytes)
{
	uint8_t val[sizeof(struct bm_disk_journal) + BM_INLINE_MAX];
	uint8_t key[BM_JOURNAL_KEY_SIZE];
	struct bm_disk_journal d = {
		.is_inline = bytes->len <= BM_INLINE_MAX,
		.len = le32_put((uint32_t)bytes->len),
		.batches = le32_put(batches),
	};
	size_t len = sizeof(d);
	struct rs_ptr ptr;
	int err;

	memcpy(val, &d, sizeof(d));
	if (d.is_inline) {
		memcpy(val + len, buf_data(bytes), bytes->len);
		len += bytes->len;
	} else {
		err = rs_payload_put(t, buf_data(bytes), bytes->len, &ptr);
		if (err)
			return err;
		rs_ptr_encode(&ptr, val + len);
		len += RS_PTR_SIZE;
	}
	record_key(key, seq);
	return rs_put(t, key, sizeof(key), val, len, 0);
}

static int write_record(struct bm_db *db, const struct buf *bytes,
			uint32_t batches, uint64_t seq)
{
	struct rs_txn *t;
	int err = rs_txn_begin(db->store, &t);

	if (err)
		return err;
	err = bm_journal_number(db, t, seq);
	if (!err)
		err = bm_journal_put(t, seq, batches, bytes);
	if (!err)
		return rs_txn_end(t);
	rs_txn_abort(t);
	return err;
}

int bm_journal_write(struct bm_db *db)
{
	AUTO_BUF struct buf bytes = { 0 };
	uint32_t batches;
	uint64_t seq;
	int err = bm_queue_gather(&db->queue, &bytes, &batches, &seq);

	if (err || !batches)
		return err;
	err = write_record(db, &bytes, batches, seq);
	if (err)
		return err;
	db->has_journal = true;
	bm_queue_written(&db->queue);
	return 0;
}

/* --- clearing ------------------------------------------------------------- */

static int find_some(struct rs_txn *t, struct bm_journal_record *recs,
		     size_t *ret_n)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE];
	struct rs_cursor c;
	size_t n = 0;
	int err;

	record_key(key, 1);
	rs_cursor_init(&c, rs_txn_view(t));
	err = rs_cursor_seek(&c, key, sizeof(key));
	while (!err && n < SOME && c.key[0] == RS_KEY_JOURNAL) {
		err = bm_journal_decode(&c, &recs[n]);
		if (!err) {
			n++;
			err = rs_cursor_next(&c);
		}
	}
	rs_cursor_finish(&c);
	*ret_n = n;
	return err == -ENOENT ? 0 : err;
}

static int remove_one(struct rs_txn *t, const struct bm_journal_record *rec)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE];
	int err = 0;

	if (rec->ptr.npages)
		err = rs_payload_free(t, &rec->ptr);
	record_key(key, rec->seq);
	return err ? err : rs_del(t, key, sizeof(key));
}

static int remove_all(struct rs_txn *t)
{
	struct bm_journal_record recs[SOME];
	size_t n;

	do {
		int err = find_some(t, recs, &n);

		for (size_t i = 0; i < n && !err; i++)
			err = remove_one(t, &recs[i]);
		if (err)
			return err;
	} while (n == SOME);
	return 0;
}

int bm_journal_clear(struct bm_db *db)
{
	struct rs_txn *t;
	int err;

	if (db->has_journal) {
		err = rs_txn_begin(db->store, &t);
		if (err)
			return err;
		err = remove_all(t);
		if (err)
			rs_txn_abort(t);
		else
			err = rs_txn_end(t);
		if (err)
			return err;
		db->has_journal = false;
	}
	bm_queue_cleared(&db->queue);
	return 0;
}
