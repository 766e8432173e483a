/* SPDX-License-Identifier: Apache-2.0 */
/* journal_replay.c - the records of a journal, and what opening does with them.
 *
 * Opening reads all of it, and looks at each batch, but queues none (recall.c):
 * it costs what reading the bytes costs. What is damaged refuses the open: to
 * leave a batch out would show a set that never was.
 */

#include "bitmap/batch.h"
#include "bitmap/journal.h"
#include "bitmap/journal_code.h"
#include "bitmap/set.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

/* --- records -------------------------------------------------------------- */

static uint64_t pages_of(uint64_t len)
{
	return (len + RS_PAGE_SIZE - 1) / RS_PAGE_SIZE;
}

bool bm_journal_is_numbers(const struct rs_cursor *c)
{
	return c->key_len == BM_JOURNAL_KEY_SIZE && be64_get(c->key + 1) == 0;
}

int bm_journal_decode(const struct rs_cursor *c,
		      struct bm_journal_record *ret_rec)
{
	struct bm_journal_record rec = { 0 };
	struct bm_disk_journal d;
	const uint8_t *val = c->val;
	size_t len = c->val_len;

	if (c->key_len != BM_JOURNAL_KEY_SIZE || len < sizeof(d) ||
	    bm_journal_is_numbers(c))
		return -EUCLEAN;
	memcpy(&d, val, sizeof(d));
	val += sizeof(d);
	len -= sizeof(d);
	rec.seq = be64_get(c->key + 1);
	rec.len = le32_get(d.len);
	rec.batches = le32_get(d.batches);
	if (d.is_inline > 1 || rec.len == 0 || rec.batches == 0)
		return -EUCLEAN;
	if (d.is_inline) {
		rec.data = val;
		if (rec.len != len || len > BM_INLINE_MAX)
			return -EUCLEAN;
	} else {
		if (len != RS_PTR_SIZE)
			return -EUCLEAN;
		rs_ptr_decode(val, &rec.ptr);
		if (rec.ptr.npages != pages_of(rec.len))
			return -EUCLEAN;
	}
	*ret_rec = rec;
	return 0;
}

int bm_journal_load(const struct rs_view *v, struct bm_journal_record *rec)
{
	if (!rec->ptr.npages)
		return 0;
	return rs_payload_get(v, &rec->ptr, rec->len, &rec->data);
}

/* --- each of them --------------------------------------------------------- */

/* Not loaded. */
static int walk(const struct rs_view *v, bm_journal_fn *fn, void *arg)
{
	uint8_t key[BM_JOURNAL_KEY_SIZE] = { RS_KEY_JOURNAL };
	struct bm_journal_record rec;
	struct rs_cursor c;
	int err;

	be64_put(key + 1, 1);
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, key, sizeof(key));
	while (!err && c.key[0] == RS_KEY_JOURNAL) {
		err = bm_journal_decode(&c, &rec);
		if (!err)
			err = fn(arg, &rec);
		if (!err)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

struct each {
	const struct rs_view *v;
	bm_journal_fn *fn;
	void *arg;
};

static int load_and_call(void *arg, const struct bm_journal_record *rec)
{
	const struct each *e = arg;
	struct bm_journal_record loaded = *rec;
	int err = bm_journal_load(e->v, &loaded);

	if (!err)
		err = e->fn(e->arg, &loaded);
	return err ? err : rs_view_check(e->v);
}

int bm_journal_each(const struct rs_view *v, bm_journal_fn *fn, void *arg)
{
	struct each e = { .v = v, .fn = fn, .arg = arg };

	return walk(v, load_and_call, &e);
}

static int add_batches(void *arg, const struct bm_journal_record *rec)
{
	uint64_t *batches = arg;

	*batches += rec->batches;
	return 0;
}

int bm_waiting(const struct rs_view *v, uint64_t *ret_batches)
{
	uint64_t batches = 0;
	int err = walk(v, add_batches, &batches);

	if (!err)
		*ret_batches = batches;
	return err;
}

/* --- looking -------------------------------------------------------------- */

/* What is found, in the order of the batches. */
struct look {
	uint64_t numbers; /* 0: there is no such record */
	uint64_t last;	  /* number of the last batch */
	size_t records, bytes;
};

/* Are they batches, each numbered above the last? */
static int look_at_batches(struct look *lk, const void *data, size_t len,
			   uint32_t *ret_n)
{
	struct bm_code_reader r;
	struct bm_head head;
	struct bm_batch b;
	uint32_t n = 0;
	int err;

	bm_batch_init(&b);
	bm_code_reader_init(&r, data, len);
	while ((err = bm_code_next(&r, &head, &b)) == 0) {
		if (head.seq <= lk->last) {
			err = -EUCLEAN;
			break;
		}
		lk->last = head.seq;
		n++;
	}
	bm_batch_finish(&b);
	*ret_n = n;
	return err == -ENOENT ? 0 : err;
}

static int look_at_record(void *arg, const struct bm_journal_record *rec)
{
	struct look *lk = arg;
	uint32_t n;
	int err = rec->seq < lk->numbers ? 0 : -EUCLEAN;

	if (!err)
		err = look_at_batches(lk, rec->data, rec->len, &n);
	if (!err && (n != rec->batches || lk->last != rec->seq))
		err = -EUCLEAN;
	lk->records++;
	lk->bytes += rec->len;
	return err;
}

/* What syncs wrote since the last commit. */
static int look_at_logged(void *arg, const void *data, size_t len)
{
	uint32_t n;

	return look_at_batches(arg, data, len, &n);
}

static int look_at_all(struct look *lk, const struct rs_view *v, struct err *e)
{
	int err = bm_journal_numbers(v, &lk->numbers);

	if (!err)
		err = bm_journal_each(v, look_at_record, lk);
	if (!err)
		return 0;
	return err_set(e, err,
		       "the journal of its sets is damaged behind batch "
		       "%" PRIu64 " (%s)",
		       lk->last, err_text(err));
}

int bm_journal_open(struct bm_db *db, struct err *e)
{
	struct look lk = { 0 };
	struct rs_stats st;
	struct rs_view *v;
	int err = rs_view_live(db->store, &v);

	if (err)
		return err;
	err = look_at_all(&lk, v, e);
	rs_view_put(v);
	if (err)
		return err;
	rs_stats(db->store, &st);
	if ((lk.records || st.log_found) && rs_may_change(db->store) == -EROFS)
		return err_set(e, -EROFS,
			       "was not closed cleanly and has changes that "
			       "are not in place yet: mount it once "
			       "read-write");
	err = rs_log_each(db->store, look_at_logged, &lk);
	if (err)
		return err_set(e, err,
			       "the log has changes to sets that make no sense "
			       "(%s)",
			       err_text(err));
	db->has_journal = lk.records > 0;
	db->journal_bytes = lk.bytes;
	atomic_store(&db->numbers, lk.numbers);
	atomic_store(&db->recalled, false);
	return 0;
}
