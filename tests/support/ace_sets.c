/* SPDX-License-Identifier: Apache-2.0 */
/* ace_sets.c - ops on sets. Lines are queued; a settle or a commit takes them.
 */
#include "tests/support/ace_priv.h"

static int fill(struct bm_batch *b, const struct ace_lines *l)
{
	uint64_t lo = l->from;
	int err = 0;

	bm_batch_init(b);
	for (uint64_t i = 0; !err && i < l->n; i++, lo += l->step)
		err = bm_batch_range(b, lo, lo + l->len - 1, l->op);
	return err;
}

int ace_append(struct mixed *m, const char *path, const struct ace_lines *l)
{
	struct bm_batch b;
	uint64_t ino;
	int err = ace_find(m, path, &ino);

	if (err)
		return err;
	err = fill(&b, l);
	if (!err)
		err = bm_append(m->db, ino, &b, m->now);
	bm_batch_finish(&b);
	return err;
}

static int settle(struct mixed *m, uint64_t ino)
{
	int err = bm_settle(m->db, ino);

	mixed_say_ended(m);
	return err;
}

static int append(struct crash_run *r, const char *path,
		  const struct ace_lines *l)
{
	return ace_append(&r->m, path, l);
}

int ace_set_append(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return append(r, "bitmaps/s",
		      &(struct ace_lines){ 1000001, 3, 1, 10, BM_ADD });
}

int ace_set_append_much(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return append(r, "bitmaps/s",
		      &(struct ace_lines){ 60000, 400, 1, 131, BM_ADD });
}

int ace_set_remove(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return append(r, "bitmaps/s",
		      &(struct ace_lines){ 7, 5, 100, 4000, BM_REMOVE });
}

int ace_set_range(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return append(r, "bitmaps/s",
		      &(struct ace_lines){ 30000, 1, 1 << 15, 1, BM_ADD });
}

int ace_set_small(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return append(r, "bitmaps/t",
		      &(struct ace_lines){ 5, 2, 1, 500, BM_ADD });
}

int ace_set_settle(struct crash_run *r, struct mixed_done *done)
{
	uint64_t ino;
	int err = ace_find(&r->m, "bitmaps/s", &ino);

	(void)done;
	return err ? err : settle(&r->m, ino);
}

/* --- replacing ------------------------------------------------------------ */

static int put_in_place(struct mixed *m, struct bm_stage *st, uint64_t ino)
{
	struct change c;
	int err = bm_stage_settle(st);

	if (!err)
		err = settle(m, ino);
	if (!err)
		err = mixed_change_begin(m, ino, &c);
	if (err)
		return err;
	err = bm_stage_apply(c.t, st, &c.in.obj);
	return mixed_change_end(m, &c, err);
}

static int replace(struct mixed *m, const char *path, const struct ace_lines *l)
{
	struct bm_stage *st;
	struct bm_batch b = { 0 };
	uint64_t ino;
	int err = ace_find(m, path, &ino);

	if (!err)
		err = bm_stage_new(m->db, &st);
	if (err)
		return err;
	if (l) {
		err = fill(&b, l);
		if (!err)
			err = bm_stage_append(st, &b);
		bm_batch_finish(&b);
	}
	if (!err)
		err = put_in_place(m, st, ino);
	bm_stage_free(st);
	return err;
}

int ace_set_truncate(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return replace(&r->m, "bitmaps/s", NULL);
}

int ace_set_replace(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return replace(&r->m, "bitmaps/s",
		       &(struct ace_lines){ 11, 12, 2, 77, BM_ADD });
}

int ace_set_replace_much(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return replace(&r->m, "bitmaps/t",
		       &(struct ace_lines){ 1, 700, 1, 90001, BM_ADD });
}

static int copy_into(struct mixed *m, struct bm_stage *st, uint64_t from)
{
	struct rs_view *v;
	struct bm_view *bv;
	int err = settle(m, from);

	if (!err)
		err = rs_view_live(m->store, &v);
	if (err)
		return err;
	err = bm_view_open(v, from, &bv);
	if (!err) {
		err = bm_stage_copy(st, bv);
		bm_view_close(bv);
	}
	rs_view_put(v);
	return err;
}

int ace_set_copy(struct crash_run *r, struct mixed_done *done)
{
	struct mixed *m = &r->m;
	struct bm_stage *st;
	uint64_t from, to;
	int err = ace_find(m, "bitmaps/s", &from);

	(void)done;
	if (!err)
		err = ace_find(m, "bitmaps/t", &to);
	if (!err)
		err = bm_stage_new(m->db, &st);
	if (err)
		return err;
	err = copy_into(m, st, from);
	if (!err)
		err = put_in_place(m, st, to);
	bm_stage_free(st);
	return err;
}
