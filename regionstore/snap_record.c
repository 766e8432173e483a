/* SPDX-License-Identifier: Apache-2.0 */
/* snap_record.c - the records of snapshots, written and believed. */
#include "regionstore/commit.h"
#include "regionstore/syskey.h"

#include <stdlib.h>

int rs_snap_put(struct rs_commit *c, const struct rs_snap_entry *en)
{
	struct rs_disk_snap d = {
		.id = le64_put(en->snap.id),
		.txid = le64_put(en->snap.txid),
		.created_ns = le64_put((uint64_t)en->snap.created_ns),
		.count = le64_put(en->root.sum.count),
		.weight = le64_put(en->root.sum.weight),
		.flags = le64_put(en->snap.greedy ? RS_SNAP_GREEDY : 0),
	};
	uint8_t key[RS_SNAP_KEY_MAX];
	size_t len = rs_snap_key(en->snap.name, key);

	rs_ptr_encode(&en->root.ptr, (uint8_t *)&d.data_root);
	return rs_tree_put(&c->sys, key, len, &d, sizeof(d), 0);
}

static bool is_good_root(const struct rs_store *s,
			 const struct rs_snap_entry *en)
{
	const struct rs_ptr *p = &en->root.ptr;

	if (p->npages == 0)
		return p->pgno == 0 && en->root.sum.count == 0 &&
		       en->root.sum.weight == 0;
	return p->npages == 1 && p->birth <= en->snap.txid &&
	       en->root.sum.count > 0 &&
	       rs_is_payload(p->pgno, 1, rs_file_pages(s));
}

static int decode(const struct rs_store *s, const struct rs_cursor *cur,
		  struct rs_snap_entry *ret)
{
	struct rs_snap_entry en = { 0 };
	struct rs_disk_snap d;

	if (cur->val_len != sizeof(d) || cur->key_len < 2 ||
	    cur->key_len > RS_SNAP_KEY_MAX)
		return -EUCLEAN;
	memcpy(&d, cur->val, sizeof(d));
	en.snap.id = le64_get(d.id);
	en.snap.txid = le64_get(d.txid);
	en.snap.created_ns = (int64_t)le64_get(d.created_ns);
	en.snap.members = le64_get(d.weight);
	en.snap.greedy = le64_get(d.flags) & RS_SNAP_GREEDY;
	en.root.sum.count = le64_get(d.count);
	en.root.sum.weight = le64_get(d.weight);
	rs_ptr_decode((const uint8_t *)&d.data_root, &en.root.ptr);
	memcpy(en.snap.name, cur->key + 1, cur->key_len - 1);
	if (memchr(en.snap.name, '\0', cur->key_len - 1) || en.snap.id == 0 ||
	    en.snap.id >= s->super.next_snap_id || en.snap.txid == 0 ||
	    en.snap.txid > s->super.txid ||
	    le64_get(d.flags) & ~(uint64_t)RS_SNAP_GREEDY ||
	    !is_good_root(s, &en))
		return -EUCLEAN;
	*ret = en;
	return 0;
}

static int by_age(const void *a, const void *b)
{
	const struct rs_snap_entry *x = a;
	const struct rs_snap_entry *y = b;

	return x->snap.txid < y->snap.txid ? -1 : x->snap.txid > y->snap.txid;
}

static int load_all(struct rs_store *s, struct rs_cursor *cur)
{
	const uint8_t first = RS_SYS_SNAP;
	int err = rs_tree_seek(&s->sys_env, &s->sys, cur, &first, 1);

	while (!err && cur->key[0] == RS_SYS_SNAP) {
		err = rs_snaps_reserve(&s->snaps);
		if (!err)
			err = decode(s, cur, &s->snaps.v[s->snaps.n]);
		if (err)
			break;
		s->snaps.n++;
		err = rs_tree_next(&s->sys_env, &s->sys, cur);
	}
	return err == -ENOENT ? 0 : err;
}

int rs_snaps_load(struct rs_store *s, struct err *e)
{
	struct rs_cursor cur = { 0 };
	int err = load_all(s, &cur);

	rs_tree_release(&cur);
	if (err)
		return err_set(e, err, "snapshots cannot be read: %s",
			       err_text(err));
	if (s->snaps.n > 1)
		qsort(s->snaps.v, s->snaps.n, sizeof(*s->snaps.v), by_age);
	for (size_t i = 1; i < s->snaps.n; i++)
		if (s->snaps.v[i].snap.txid == s->snaps.v[i - 1].snap.txid)
			return err_set(e, -EUCLEAN,
				       "two snapshots of one commit");
	return rs_leave_load(s, e);
}
