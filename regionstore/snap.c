/* SPDX-License-Identifier: Apache-2.0 */
/* snap.c - snapshots: roots with names.
 *
 * Taking one is a commit that also writes a record with the frozen root.
 * Dropping one is a commit that removes the record; leave.c does the rest. All
 * snapshots are kept in memory too, oldest first: a commit asks for the newest
 * one with each page it frees, and a drop for its neighbours. The list is
 * changed by commits alone, when they are durable.
 */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include "regionstore/base/auto.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* --- the list ------------------------------------------------------------ */

int rs_snaps_reserve(struct rs_snaps *snaps)
{
	size_t cap = snaps->cap ? snaps->cap * 2 : 8;
	struct rs_snap_entry *v;

	if (snaps->n < snaps->cap)
		return 0;
	v = realloc(snaps->v, cap * sizeof(*v));
	if (!v)
		return -ENOMEM;
	snaps->v = v;
	snaps->cap = cap;
	return 0;
}

void rs_snaps_finish(struct rs_snaps *snaps)
{
	free(snaps->v);
	*snaps = (struct rs_snaps){ 0 };
}

/* The place of a name, or n. */
static size_t find_name(const struct rs_snaps *snaps, const char *name)
{
	size_t i = 0;

	while (i < snaps->n && strcmp(snaps->v[i].snap.name, name) != 0)
		i++;
	return i;
}

bool rs_snaps_hold(const struct rs_snaps *snaps, uint64_t birth, uint64_t death)
{
	for (size_t i = 0; i < snaps->n; i++) {
		const struct rs_snap *sn = &snaps->v[i].snap;

		if (sn->greedy && birth <= sn->txid && sn->txid < death)
			return true;
	}
	return false;
}

/* --- names --------------------------------------------------------------- */

static int check_name(const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
	    strchr(name, '/'))
		return -EINVAL;
	return len > RS_SNAP_NAME_MAX ? -ENAMETOOLONG : 0;
}

/* The name is known to fit. */
static void set_name(struct rs_snap *sn, const char *name)
{
	snprintf(sn->name, sizeof(sn->name), "%s", name);
}

struct snap_op {
	struct rs_sysop op;
	const char *name;
	const char *to;		    /* rename */
	struct rs_snap_entry entry; /* create */
};

static struct snap_op *snap_op(struct rs_sysop *op)
{
	return (struct snap_op *)op;
}

static int must_exist(struct rs_sysop *op, struct rs_store *s)
{
	return find_name(&s->snaps, snap_op(op)->name) < s->snaps.n ? 0
								    : -ENOENT;
}

/* --- create -------------------------------------------------------------- */

static int check_create(struct rs_sysop *op, struct rs_store *s)
{
	if (must_exist(op, s) == 0)
		return -EEXIST;
	return s->super.next_snap_id < RS_SNAP_ID_MAX ? 0 : -EFBIG;
}

static int prepare_create(struct rs_sysop *op, struct rs_commit *c)
{
	struct rs_store *s = c->s;
	struct rs_snap_entry *en = &snap_op(op)->entry;
	struct timespec ts;
	int err;

	clock_gettime(CLOCK_REALTIME, &ts);
	en->snap.id = c->super.next_snap_id++;
	en->snap.txid = c->txid;
	en->snap.created_ns = (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
	en->snap.members = c->data.sum.weight;
	en->root.sum = c->data.sum;
	set_name(&en->snap, snap_op(op)->name);
	lock_take(&s->root_lock);
	err = rs_snaps_reserve(&s->snaps);
	lock_drop(&s->root_lock);
	return err ? err : rs_snap_put(c, en);
}

static int finish_create(struct rs_sysop *op, struct rs_commit *c)
{
	snap_op(op)->entry.root.ptr = c->data_ptr;
	return rs_snap_put(c, &snap_op(op)->entry);
}

static void publish_create(struct rs_sysop *op, struct rs_store *s)
{
	assert(s->snaps.n < s->snaps.cap);
	s->snaps.v[s->snaps.n++] = snap_op(op)->entry;
}

int rs_snap_create(struct rs_store *s, const char *name,
		   struct rs_snap *ret_snap)
{
	struct snap_op op = { .op = { .check = check_create,
				      .prepare = prepare_create,
				      .finish = finish_create,
				      .publish = publish_create,
				      .needs_settled = true },
			      .name = name };
	int err = check_name(name);

	if (!err)
		err = rs_commit(s, &op.op);
	if (!err && ret_snap)
		*ret_snap = op.entry.snap;
	return err;
}

/* --- rename -------------------------------------------------------------- */

static int del_record(struct rs_commit *c, const char *name)
{
	uint8_t key[RS_SNAP_KEY_MAX];
	size_t len = rs_snap_key(name, key);
	int err = rs_tree_del(&c->sys, key, len);

	return err == -ENOENT ? -EUCLEAN : err;
}

static int check_rename(struct rs_sysop *op, struct rs_store *s)
{
	if (find_name(&s->snaps, snap_op(op)->to) < s->snaps.n)
		return -EEXIST;
	return must_exist(op, s);
}

static int prepare_rename(struct rs_sysop *op, struct rs_commit *c)
{
	const struct rs_snaps *snaps = &c->s->snaps;
	struct rs_snap_entry en = snaps->v[find_name(snaps, snap_op(op)->name)];
	int err = del_record(c, en.snap.name);

	set_name(&en.snap, snap_op(op)->to);
	return err ? err : rs_snap_put(c, &en);
}

static void publish_rename(struct rs_sysop *op, struct rs_store *s)
{
	size_t i = find_name(&s->snaps, snap_op(op)->name);

	assert(i < s->snaps.n);
	set_name(&s->snaps.v[i].snap, snap_op(op)->to);
}

int rs_snap_rename(struct rs_store *s, const char *from, const char *to)
{
	struct snap_op op = { .op = { .check = check_rename,
				      .prepare = prepare_rename,
				      .publish = publish_rename },
			      .name = from,
			      .to = to };
	int err = check_name(to);

	return err ? err : rs_commit(s, &op.op);
}

/* --- drop ---------------------------------------------------------------- */

/* What it alone held is freed by this commit as far as one step goes, and by
 * the steps of leave.c. */
static int prepare_drop(struct rs_sysop *op, struct rs_commit *c)
{
	const struct rs_snaps *snaps = &c->s->snaps;
	size_t i = find_name(snaps, snap_op(op)->name);
	uint64_t older = i > 0 ? snaps->v[i - 1].snap.txid : 0;
	uint64_t newer = UINT64_MAX;
	int err = del_record(c, snap_op(op)->name);

	if (i + 1 < snaps->n)
		newer = snaps->v[i + 1].snap.txid;
	else
		c->newest_snap = older;
	if (err)
		return err;
	return rs_leave_begin(c, snaps->v[i].snap.txid, older, newer);
}

static void publish_drop(struct rs_sysop *op, struct rs_store *s)
{
	size_t i = find_name(&s->snaps, snap_op(op)->name);

	assert(i < s->snaps.n);
	memmove(&s->snaps.v[i], &s->snaps.v[i + 1],
		(s->snaps.n - i - 1) * sizeof(*s->snaps.v));
	s->snaps.n--;
	rs_leave_publish(s);
}

int rs_snap_drop(struct rs_store *s, const char *name)
{
	struct snap_op op = { .op = { .check = must_exist,
				      .prepare = prepare_drop,
				      .publish = publish_drop },
			      .name = name };
	int err = rs_commit(s, &op.op);

	if (!err)
		rs_leave_go_on(s);
	return err;
}

/* --- questions ----------------------------------------------------------- */

int rs_snap_find(struct rs_store *s, const char *name, struct rs_snap *ret_snap)
{
	int err = -ENOENT;
	size_t i;

	lock_take(&s->root_lock);
	i = find_name(&s->snaps, name);
	if (i < s->snaps.n) {
		*ret_snap = s->snaps.v[i].snap;
		err = 0;
	}
	lock_drop(&s->root_lock);
	return err;
}

int rs_snap_get(struct rs_store *s, uint64_t id, struct rs_snap *ret_snap)
{
	int err = -ENOENT;

	lock_take(&s->root_lock);
	for (size_t i = 0; i < s->snaps.n; i++) {
		if (s->snaps.v[i].snap.id == id) {
			*ret_snap = s->snaps.v[i].snap;
			err = 0;
		}
	}
	lock_drop(&s->root_lock);
	return err;
}

static int by_name(const void *a, const void *b)
{
	const struct rs_snap *x = a;
	const struct rs_snap *y = b;

	return strcmp(x->name, y->name);
}

int rs_snap_list(struct rs_store *s, struct rs_snap **ret_snaps,
		 size_t *ret_count)
{
	struct rs_snap *list;
	size_t n;

	lock_take(&s->root_lock);
	n = s->snaps.n;
	list = malloc((n + 1) * sizeof(*list));
	for (size_t i = 0; list && i < n; i++)
		list[i] = s->snaps.v[i].snap;
	lock_drop(&s->root_lock);
	if (!list)
		return -ENOMEM;
	qsort(list, n, sizeof(*list), by_name);
	*ret_snaps = list;
	*ret_count = n;
	return 0;
}
