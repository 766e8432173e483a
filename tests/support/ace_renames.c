/* SPDX-License-Identifier: Apache-2.0 */
/* ace_renames.c - ops that move names. */
#include "tests/support/ace_priv.h"

#include <fcntl.h>
#include <stdio.h>

static int as_set(struct mixed *m, const struct fs_rename *r,
		  uint64_t *ret_orphan)
{
	struct bm_stage *st;
	struct bm_batch b;
	struct rs_txn *t;
	int err = bm_stage_new(m->db, &st);

	if (err)
		return err;
	bm_batch_init(&b);
	err = bm_batch_range(&b, 100, 900, BM_ADD);
	if (!err)
		err = bm_stage_append(st, &b);
	bm_batch_finish(&b);
	if (!err)
		err = bm_stage_settle(st);
	if (!err)
		err = rs_txn_begin(m->store, &t);
	if (!err)
		err = mixed_end(m, t, fs_rename_as_set(t, r, st, ret_orphan));
	bm_stage_free(st);
	return err;
}

static int rename_it(struct crash_run *run, struct fs_rename *r)
{
	struct mixed *m = &run->m;
	uint64_t orphan = 0;
	struct rs_txn *t;
	int err = rs_txn_begin(m->store, &t);

	r->now_ns = m->now;
	if (!err)
		err = mixed_end(m, t, fs_rename(t, r, &orphan));
	if (err == -EAGAIN)
		err = as_set(m, r, &orphan);
	if (!err)
		ace_keep_orphan(m, orphan);
	return err;
}

static int in(struct crash_run *run, uint64_t dir, const char *from,
	      const char *to, unsigned flags)
{
	return rename_it(run, &(struct fs_rename){ .from_parent = dir,
						   .to_parent = dir,
						   .from = from,
						   .to = to,
						   .flags = flags });
}

int ace_rename_new(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return in(r, FS_INO_REGIONS, "q", "z", 0);
}

int ace_rename_over(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return in(r, FS_INO_REGIONS, "r", "q", 0);
}

int ace_rename_exchange(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return in(r, FS_INO_REGIONS, "q", "d", RENAME_EXCHANGE);
}

int ace_rename_noreplace(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return in(r, FS_INO_REGIONS, "h", "new", RENAME_NOREPLACE);
}

int ace_rename_dir(struct crash_run *r, struct mixed_done *done)
{
	struct fs_rename move = { .from_parent = FS_INO_REGIONS,
				  .from = "d",
				  .to = "d" };
	int err = ace_find(&r->m, "regions/e", &move.to_parent);

	(void)done;
	return err ? err : rename_it(r, &move);
}

int ace_rename_set_over(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return in(r, FS_INO_BITMAPS, "t", "s", 0);
}

int ace_rename_scratch(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return in(r, FS_INO_BITMAPS, ".f", "f", 0);
}

int ace_rename_scratch_over(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return in(r, FS_INO_BITMAPS, ".f", "s", 0);
}
