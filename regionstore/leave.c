/* SPDX-License-Identifier: Apache-2.0 */
/* leave.c - what a dropped snapshot alone held is freed, in steps.
 *
 * A drop is one commit: the name goes, and at most leave_step dead extents are
 * looked at. If that was not all, a LEAVING record keeps the snapshot's txid
 * and the place of the scan; each further commit does a step more, in the
 * background, and the last one removes the record. So nobody waits for a drop
 * longer than for a commit, and after a crash the next open goes on.
 *
 * A leaving snapshot counts for nothing else: pages freed from now on do not
 * ask for it. Whatever died in (S, Q] and was born after P is garbage, where P
 * and Q are the snapshots beside it that still have names:
 *
 *       P          S    X     Q            one scan for all that leave
 *   ----+----------+----+-----+----        between two that stay
 *
 * When P or X are dropped as well, the stretch from the oldest of those that
 * leave to the next that stays is one scan. A snapshot older than a scan makes
 * it begin anew, as pages that it held were passed over; one that is younger
 * only makes it longer. So there is at most one LEAVING record between two
 * snapshots.
 */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

/* --- the list ------------------------------------------------------------ */

/* What will be the list, to begin with what it is. Room for one more. */
static int plan(struct rs_store *s)
{
	struct rs_leavings *next = &s->leaving_next;
	struct rs_leaving *v =
		realloc(next->v, (s->leaving.n + 1) * sizeof(*v));

	if (!v)
		return -ENOMEM;
	if (s->leaving.n)
		memcpy(v, s->leaving.v, s->leaving.n * sizeof(*v));
	next->v = v;
	next->n = s->leaving.n;
	return 0;
}

void rs_leave_publish(struct rs_store *s)
{
	struct rs_leavings old = s->leaving;

	s->leaving = s->leaving_next;
	s->leaving_next = old;
	atomic_store(&s->n_leaving, s->leaving.n);
}

void rs_leave_finish(struct rs_store *s)
{
	free(s->leaving.v);
	free(s->leaving_next.v);
}

/* The first that is younger than txid, or n. */
static size_t find_after(const struct rs_leavings *l, uint64_t txid)
{
	size_t i = 0;

	while (i < l->n && l->v[i].txid <= txid)
		i++;
	return i;
}

static void remove_at(struct rs_leavings *l, size_t i)
{
	memmove(&l->v[i], &l->v[i + 1], (l->n - i - 1) * sizeof(*l->v));
	l->n--;
}

static void insert_at(struct rs_leavings *l, size_t i, uint64_t txid)
{
	memmove(&l->v[i + 1], &l->v[i], (l->n - i) * sizeof(*l->v));
	l->v[i] = (struct rs_leaving){ .txid = txid, .death = txid + 1 };
	l->n++;
}

/* The snapshots with names on both sides of txid. */
static void neighbours(const struct rs_snaps *snaps, uint64_t txid,
		       uint64_t *ret_older, uint64_t *ret_newer)
{
	*ret_older = 0;
	*ret_newer = UINT64_MAX;
	for (size_t i = 0; i < snaps->n; i++) {
		uint64_t at = snaps->v[i].snap.txid;

		if (at < txid)
			*ret_older = at;
		if (at > txid && at < *ret_newer)
			*ret_newer = at;
	}
}

bool rs_leave_covers(const struct rs_leavings *all,
		     const struct rs_snaps *snaps, uint64_t birth,
		     uint64_t death)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct rs_leaving *l = &all->v[i];
		uint64_t older, newer;

		neighbours(snaps, l->txid, &older, &newer);
		if (birth > older && death >= l->death && death <= newer)
			return true;
	}
	return false;
}

/* --- records ------------------------------------------------------------- */

static int put_record(struct rs_commit *c, const struct rs_leaving *l)
{
	const struct rs_disk_leave d = { .death = le64_put(l->death),
					 .seq = le32_put(l->seq) };
	uint8_t key[RS_LEAVE_KEY];

	rs_leave_key(l->txid, key);
	return rs_tree_put(&c->sys, key, sizeof(key), &d, sizeof(d), 0);
}

/* What was planned and done within one commit has none. */
static int del_record(struct rs_commit *c, uint64_t txid)
{
	uint8_t key[RS_LEAVE_KEY];
	int err;

	rs_leave_key(txid, key);
	err = rs_tree_del(&c->sys, key, sizeof(key));
	return err == -ENOENT ? 0 : err;
}

static int decode(const struct rs_store *s, const struct rs_cursor *cur,
		  struct rs_leaving *ret)
{
	struct rs_leaving l;
	struct rs_disk_leave d;

	if (cur->key_len != RS_LEAVE_KEY || cur->val_len != sizeof(d))
		return -EUCLEAN;
	memcpy(&d, cur->val, sizeof(d));
	l.txid = be64_get(cur->key + 1);
	l.death = le64_get(d.death);
	l.seq = le32_get(d.seq);
	if (l.txid == 0 || l.txid > s->super.txid || l.death <= l.txid)
		return -EUCLEAN;
	for (size_t i = 0; i < s->snaps.n; i++)
		if (s->snaps.v[i].snap.txid == l.txid)
			return -EUCLEAN;
	*ret = l;
	return 0;
}

static int load_one(struct rs_store *s, const struct rs_cursor *cur)
{
	struct rs_leaving *v;
	struct rs_leaving l;
	int err = decode(s, cur, &l);

	if (err)
		return err;
	v = realloc(s->leaving.v, (s->leaving.n + 1) * sizeof(*v));
	if (!v)
		return -ENOMEM;
	v[s->leaving.n++] = l;
	s->leaving.v = v;
	return 0;
}

int rs_leave_load(struct rs_store *s, struct err *e)
{
	const uint8_t first = RS_SYS_LEAVE;
	struct rs_cursor cur = { 0 };
	int err = rs_tree_seek(&s->sys_env, &s->sys, &cur, &first, 1);

	while (!err && cur.key[0] == RS_SYS_LEAVE) {
		err = load_one(s, &cur);
		if (!err)
			err = rs_tree_next(&s->sys_env, &s->sys, &cur);
	}
	rs_tree_release(&cur);
	if (err && err != -ENOENT)
		return err_set(e, err, "dropped snapshots cannot be read: %s",
			       err_text(err));
	atomic_store(&s->n_leaving, s->leaving.n);
	return 0;
}

/* --- steps --------------------------------------------------------------- */

/* A step of the i-th planned one, and its record as it is afterwards. */
static int advance(struct rs_commit *c, size_t i, uint64_t older,
		   uint64_t newer)
{
	struct rs_leavings *next = &c->s->leaving_next;
	struct rs_leaving *l = &next->v[i];
	bool done = false;
	int err = rs_dead_release(c, l, older, newer, c->s->leave_step, &done);

	if (err)
		return err;
	if (!done)
		return put_record(c, l);
	err = del_record(c, l->txid);
	remove_at(next, i);
	return err;
}

int rs_leave_begin(struct rs_commit *c, uint64_t txid, uint64_t older,
		   uint64_t newer)
{
	struct rs_leavings *next = &c->s->leaving_next;
	int err = plan(c->s);
	size_t i;

	if (err)
		return err;
	i = find_after(next, txid);
	if (i < next->n && next->v[i].txid < newer) {
		err = del_record(c, next->v[i].txid);
		remove_at(next, i);
	}
	if (err)
		return err;
	if (i == 0 || next->v[i - 1].txid <= older)
		insert_at(next, i, txid);
	else
		i--;
	return advance(c, i, older, newer);
}

static int prepare_step(struct rs_sysop *op, struct rs_commit *c)
{
	uint64_t older, newer;
	int err = plan(c->s);

	(void)op;
	if (err || c->s->leaving.n == 0)
		return err;
	neighbours(&c->s->snaps, c->s->leaving.v[0].txid, &older, &newer);
	return advance(c, 0, older, newer);
}

static void publish_step(struct rs_sysop *op, struct rs_store *s)
{
	(void)op;
	rs_leave_publish(s);
}

int rs_leave_step(struct rs_store *s, bool *ret_more)
{
	struct rs_sysop op = { .prepare = prepare_step,
			       .publish = publish_step };
	int err = 0;

	if (atomic_load(&s->n_leaving) > 0) {
		rs_yield(s);
		err = rs_commit(s, &op);
	}
	if (!err)
		*ret_more = atomic_load(&s->n_leaving) > 0;
	return err;
}

void rs_set_leave_step(struct rs_store *s, uint32_t extents)
{
	s->leave_step = extents;
}
