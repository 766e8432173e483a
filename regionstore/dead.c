/* SPDX-License-Identifier: Apache-2.0 */
/* dead.c - pages that only snapshots need.
 *
 * A page born in b that left the live tree in d is seen by the snapshots with
 * b <= txid < d. It is recorded under its death and stays there; no record
 * ever moves from one snapshot to another.
 *
 *       P          S          Q          now        snapshots by age
 *   ----+----------+----------+-----------+---
 *          b..................d                     P no, S yes, Q no
 *
 * When S goes, exactly those pages are needed by nobody that died in (S, Q]
 * and were born after P: an older one is seen by P, a later death by Q. The
 * cost is the number of records in (S, Q], and leave.c spreads it over as many
 * commits as it takes.
 *
 * So whoever frees pages takes every snapshot from b to d to have them. That is
 * true of the past of the live tree, and a repair can make it false: it takes
 * records out of S that P and Q have still, or goes back to P and lets S and Q
 * stay, which are no part of the past then. These snapshots are GREEDY, which
 * is in their records: they hold what was born before and died after them,
 * found in them or not. Nothing else has to know. Pages come back by the same
 * rule when a greedy snapshot is dropped, at the latest, and with each repair,
 * whose books are of what trees really have; the check asks for no owner
 * meanwhile (I3), and who looks for lost nodes does not trust the books.
 */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include <assert.h>

#define PER_RECORD (RS_VAL_MAX / sizeof(struct rs_disk_dead))

struct rs_disk_dead rs_dead_pack(const struct rs_extent *x)
{
	const struct rs_ptr p = { .pgno = x->pgno,
				  .npages = x->npages,
				  .birth = x->birth };
	uint8_t raw[RS_PTR_SIZE];
	struct rs_disk_dead d;

	/* The same fields in the same order, without the checksum. */
	rs_ptr_encode(&p, raw);
	memcpy(&d, raw, sizeof(d));
	return d;
}

static struct rs_extent unpack(const struct rs_disk_dead *d)
{
	uint8_t raw[RS_PTR_SIZE] = { 0 };
	struct rs_ptr p;

	memcpy(raw, d, sizeof(*d));
	rs_ptr_decode(raw, &p);
	return (struct rs_extent){ .pgno = p.pgno,
				   .npages = p.npages,
				   .birth = p.birth };
}

int rs_dead_write(struct rs_commit *c)
{
	struct rs_disk_dead d[PER_RECORD];
	uint8_t key[RS_DEAD_KEY];
	uint32_t seq = 0;
	size_t n = 0;
	int err = 0;

	rs_extents_sort(&c->dead);
	for (size_t i = 0; !err && i < c->dead.n; i++) {
		d[n++] = rs_dead_pack(&c->dead.v[i]);
		if (n < PER_RECORD && i + 1 < c->dead.n)
			continue;
		rs_dead_key(c->txid, seq++, key);
		err = rs_tree_put(&c->sys, key, sizeof(key), d, n * sizeof(*d),
				  0);
		n = 0;
	}
	return err;
}

/* The first number that no record of that death has. */
static int free_seq(struct rs_commit *c, uint64_t death, uint32_t *ret_seq)
{
	const struct rs_tree_env *env = c->sys.env;
	struct rs_cursor cur = { 0 };
	uint8_t key[RS_DEAD_KEY];
	uint64_t seq = 0;
	int err;

	rs_dead_key(death, 0, key);
	err = rs_tree_seek(env, &c->sys.root, &cur, key, sizeof(key));
	while (!err && cur.key_len == sizeof(key) &&
	       memcmp(cur.key, key, 9) == 0) {
		seq = (uint64_t)rs_be32_get(cur.key + 9) + 1;
		err = rs_tree_next(env, &c->sys.root, &cur);
	}
	rs_tree_release(&cur);
	if (err && err != -ENOENT)
		return err;
	*ret_seq = (uint32_t)seq;
	return seq > UINT32_MAX ? -EFBIG : 0;
}

int rs_dead_add(struct rs_commit *c, const struct rs_extents *pages)
{
	uint8_t key[RS_DEAD_KEY];
	int err = 0;

	for (size_t i = 0; !err && i < pages->n; i++) {
		const struct rs_disk_dead d = rs_dead_pack(&pages->v[i]);
		uint32_t seq;

		err = free_seq(c, pages->v[i].death, &seq);
		if (err)
			break;
		rs_dead_key(pages->v[i].death, seq, key);
		err = rs_tree_put(&c->sys, key, sizeof(key), &d, sizeof(d), 0);
		c->super.pinned_pages += pages->v[i].npages;
	}
	return err;
}

/* Sort the entries of one record: those born after older leave, the others
 * stay in d. How many stay. */
static int sift(struct rs_commit *c, uint64_t death, uint64_t older,
		struct rs_disk_dead *d, size_t *n)
{
	size_t stay = 0;
	int err = 0;

	for (size_t i = 0; !err && i < *n; i++) {
		struct rs_extent x = unpack(&d[i]);

		if (x.birth <= older) {
			d[stay++] = d[i];
			continue;
		}
		x.death = death;
		x.commit = c->txid;
		if (c->super.pinned_pages < x.npages)
			return -EUCLEAN;
		c->super.pinned_pages -= x.npages;
		err = rs_commit_leave(c, &x);
	}
	*n = stay;
	return err;
}

static int release_record(struct rs_commit *c, const struct rs_cursor *cur,
			  uint64_t older)
{
	uint64_t death = be64_get(cur->key + 1);
	struct rs_disk_dead d[PER_RECORD];
	uint8_t key[RS_DEAD_KEY];
	size_t n = cur->val_len / sizeof(*d);
	size_t before = n;
	int err;

	if (cur->key_len != RS_DEAD_KEY || n > PER_RECORD ||
	    cur->val_len % sizeof(*d) != 0)
		return -EUCLEAN;
	memcpy(key, cur->key, sizeof(key));
	memcpy(d, cur->val, cur->val_len);
	err = sift(c, death, older, d, &n);
	if (err || n == before)
		return err;
	if (n == 0)
		return rs_tree_del(&c->sys, key, sizeof(key));
	return rs_tree_put(&c->sys, key, sizeof(key), d, n * sizeof(*d), 0);
}

/* Put cur on the first record that died after death, seq. */
static int seek_after(struct rs_commit *c, struct rs_cursor *cur,
		      const struct rs_leaving *at)
{
	uint8_t key[RS_DEAD_KEY];
	int err;

	rs_dead_key(at->death, at->seq, key);
	err = rs_tree_seek(c->sys.env, &c->sys.root, cur, key, sizeof(key));
	if (!err && cur->key[0] != RS_SYS_DEAD)
		return -ENOENT;
	if (!err && cur->key_len != RS_DEAD_KEY)
		return -EUCLEAN;
	return err;
}

/* The record at the scan's place or after it, and the place behind it. */
static int release_next(struct rs_commit *c, struct rs_leaving *at,
			uint64_t older, uint64_t newer, uint32_t *ret_entries)
{
	struct rs_cursor cur = { 0 };
	int err = seek_after(c, &cur, at);
	uint64_t death = 0;
	uint32_t seq = 0;

	if (!err) {
		death = be64_get(cur.key + 1);
		seq = rs_be32_get(cur.key + 9);
		err = death > newer ? -ENOENT : release_record(c, &cur, older);
		*ret_entries =
			(uint32_t)(cur.val_len / sizeof(struct rs_disk_dead));
	}
	rs_tree_release(&cur);
	if (err)
		return err;
	at->death = seq == UINT32_MAX ? death + 1 : death;
	at->seq = seq + 1;
	return at->death == 0 ? -ENOENT : 0;
}

int rs_dead_release(struct rs_commit *c, struct rs_leaving *at, uint64_t older,
		    uint64_t newer, uint32_t most, bool *ret_done)
{
	uint32_t seen = 0;
	int err = 0;

	assert(older < at->txid && at->txid < newer);
	while (!err && seen < most) {
		uint32_t entries = 0;

		err = release_next(c, at, older, newer, &entries);
		seen += entries;
	}
	if (err && err != -ENOENT)
		return err;
	*ret_done = err == -ENOENT;
	return 0;
}
