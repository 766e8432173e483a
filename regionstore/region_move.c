/* SPDX-License-Identifier: Apache-2.0 */
/* region_move.c - the blocks of a chunk are put somewhere else.
 *
 * Size and contents of the region stay, so its object does not change. Bytes
 * are compared with the old checksum on the way: what is damaged is not given
 * a new checksum that makes it look whole.
 */
#include "regionstore/region.h"

#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"
#include "regionstore/pages.h"
#include "regionstore/region_move.h"
#include "regionstore/store.h"

#include <stdlib.h>
#include <string.h>

struct move {
	struct rs_txn *t;
	struct rs_chunk c;
	const struct rs_move_limit *limit;
	bool all;
	unsigned left;	   /* blocks still to be moved */
	uint64_t pgno;	   /* reserved for the next ones, */
	uint32_t reserved; /* so many */
	uint8_t *buf;	   /* RS_CHUNK_SIZE bytes */
};

static bool reaches(const struct rs_move_limit *limit, const struct rs_run *run)
{
	const struct rs_ptr p = { .pgno = run->pgno,
				  .npages = run->len,
				  .birth = run->birth };

	return rs_moves_wants(limit, &p);
}

static bool is_wanted(const struct move *m, const struct rs_run *run)
{
	return m->all ? run->birth > m->limit->since : reaches(m->limit, run);
}

static unsigned count_wanted(const struct move *m)
{
	struct rs_run run;
	unsigned n = 0;

	for (unsigned b = 0; rs_chunk_run(&m->c, b, RS_CHUNK_BLOCKS, &run);
	     b = run.first + run.len)
		if (is_wanted(m, &run))
			n += run.len;
	return n;
}

static int reserve(struct move *m)
{
	if (m->reserved)
		return 0;
	return rs_reserve(rs_txn_store(m->t), RS_ZONE_DATA, 0, m->left,
			  &m->pgno, &m->reserved);
}

/* Bytes and new checksums of blocks that lie behind each other. */
static int copy_out(struct move *m, const struct rs_run *run, uint64_t *csum)
{
	const struct rs_view *v = rs_txn_view(m->t);

	for (unsigned i = 0; i < run->len; i++) {
		uint8_t *to = m->buf + (size_t)i * RS_BLOCK_SIZE;
		const uint8_t *from;
		int err = rs_region_blocks(v, &m->c, run->first + i, 1, &from);

		if (err)
			return err;
		memcpy(to, from, RS_BLOCK_SIZE);
		/* It was compared once, perhaps long ago: the host may have
		 * dropped it since, and read it again. */
		if (hash64(to, RS_BLOCK_SIZE, run->pgno + i) !=
		    m->c.csum[run->first + i])
			return rs_pages_differ(run->pgno + i, 1);
		csum[i] = hash64(to, RS_BLOCK_SIZE, m->pgno + i);
	}
	return rs_view_check(v);
}

/* The front of run, as much as fits what is reserved. */
static int move_some(struct move *m, struct rs_run *run)
{
	uint64_t csum[RS_CHUNK_BLOCKS];
	struct rs_run to = { .first = run->first, .birth = rs_txn_id(m->t) };
	int err = reserve(m);

	if (err)
		return err;
	if (run->len > m->reserved)
		run->len = m->reserved;
	to.len = run->len;
	to.pgno = m->pgno;
	err = copy_out(m, run, csum);
	if (!err)
		err = rs_write_pages(rs_txn_store(m->t), to.pgno, m->buf,
				     to.len);
	if (!err)
		err = rs_claim(m->t, to.pgno, to.len);
	if (err)
		return err;
	m->pgno += to.len;
	m->reserved -= to.len;
	m->left -= to.len;
	err = rs_free(m->t, run->pgno, run->len, run->birth);
	rs_chunk_set(&m->c, &to, csum);
	return err;
}

static int move_runs(struct move *m)
{
	struct rs_run run;
	int err = 0;

	for (unsigned b = 0;
	     !err && rs_chunk_run(&m->c, b, RS_CHUNK_BLOCKS, &run);
	     b = run.first + run.len)
		if (is_wanted(m, &run))
			err = move_some(m, &run);
	return err;
}

/* Could block b lie right behind the one before it, and does not? What a
 * snapshot holds cannot. */
static bool is_break(const struct rs_chunk *c, unsigned b, uint64_t since)
{
	return c->pgno[b - 1] && c->pgno[b] &&
	       c->pgno[b] != c->pgno[b - 1] + 1 && c->birth[b - 1] > since &&
	       c->birth[b] > since;
}

unsigned rs_chunk_scatter(const void *val, size_t len,
			  const struct rs_move_limit *limit, bool *ret_above)
{
	struct rs_chunk c;
	struct rs_run run;
	unsigned n = 0;

	*ret_above = false;
	if (rs_chunk_decode(val, len, &c))
		return 0;
	for (unsigned b = 1; b < RS_CHUNK_BLOCKS; b++)
		n += is_break(&c, b, limit->since);
	for (unsigned b = 0; rs_chunk_run(&c, b, RS_CHUNK_BLOCKS, &run);
	     b = run.first + run.len)
		*ret_above |= reaches(limit, &run);
	return n;
}

int rs_chunk_move(struct rs_txn *t, const struct rs_cursor *c,
		  const struct rs_move_limit *limit, bool all,
		  uint64_t *ret_pages)
{
	AUTO_FREE uint8_t *buf = malloc(RS_CHUNK_SIZE);
	struct move m = { .t = t, .limit = limit, .all = all, .buf = buf };
	uint64_t ino, index;
	unsigned n;
	int err;

	if (!buf)
		return -ENOMEM;
	if (!rs_chunk_key_parse(c->key, c->key_len, &ino, &index))
		return -EUCLEAN;
	err = rs_chunk_decode(c->val, c->val_len, &m.c);
	if (err)
		return err;
	n = m.left = count_wanted(&m);
	err = move_runs(&m);
	if (m.reserved)
		rs_unreserve(rs_txn_store(t), m.pgno, m.reserved);
	if (!err && n)
		err = rs_chunk_store(t, ino, index, &m.c);
	if (!err)
		*ret_pages = n;
	return err;
}
