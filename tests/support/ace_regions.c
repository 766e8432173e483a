/* SPDX-License-Identifier: Apache-2.0 */
/* ace_regions.c - ops on regions. */
#include "tests/support/ace_priv.h"

#define WRITE_MAX (1u << 20)

/* After an exchange of names there may be a directory. */
static int region_begin(struct mixed *m, uint64_t ino, struct change *ret)
{
	int err = mixed_change_begin(m, ino, ret);

	if (!err && ret->in.obj.kind != RS_KIND_REGION) {
		mixed_change_end(m, ret, -EISDIR);
		err = -EISDIR;
	}
	return err;
}

static int apply_write(struct mixed *m, uint64_t ino, struct rs_write *w)
{
	struct change c;
	int err = region_begin(m, ino, &c);

	if (err)
		return err;
	err = rs_write_apply(c.t, ino, &c.in.obj, w);
	return mixed_change_end(m, &c, err);
}

int ace_write(struct mixed *m, const char *path, uint64_t off, size_t len)
{
	static uint8_t data[WRITE_MAX];
	struct rs_write *w;
	uint64_t ino;
	int err = ace_find_region(m, path, &ino);

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7 + (size_t)m->now);
	if (!err)
		err = rs_write_prepare(m->store, off, data, len, &w);
	if (err)
		return err;
	err = apply_write(m, ino, w);
	rs_write_drop(w);
	return err;
}

int ace_region_inline(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_write(&r->m, "regions/r", 100, 50);
}

int ace_region_overwrite(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_write(&r->m, "regions/q", 4096, 4096);
}

int ace_region_append(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_write(&r->m, "regions/q", 305000, 5000);
}

int ace_region_grow_inline(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_write(&r->m, "regions/r", 400, 4000);
}

int ace_region_sparse(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return ace_write(&r->m, "regions/q", (2u << 20) + 5, 10);
}

static int punch(struct rs_txn *t, struct fs_inode *in, uint64_t at)
{
	return rs_region_punch(t, in->ino, &in->obj, at, 2 * at);
}

static int truncate_to(struct rs_txn *t, struct fs_inode *in, uint64_t at)
{
	return rs_region_truncate(t, in->ino, &in->obj, at);
}

static int cut(struct mixed *m,
	       int (*how)(struct rs_txn *t, struct fs_inode *in, uint64_t at),
	       uint64_t at)
{
	struct change c;
	uint64_t ino;
	int err = ace_find_region(m, "regions/q", &ino);

	if (!err)
		err = region_begin(m, ino, &c);
	if (err)
		return err;
	return mixed_change_end(m, &c, how(c.t, &c.in, at));
}

int ace_region_punch(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return cut(&r->m, punch, 3000);
}

int ace_region_truncate(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return cut(&r->m, truncate_to, 5000);
}

int ace_region_extend(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return cut(&r->m, truncate_to, 1u << 20);
}

int ace_region_empty(struct crash_run *r, struct mixed_done *done)
{
	(void)done;
	return cut(&r->m, truncate_to, 0);
}

int ace_write_more(struct crash_run *r, size_t len)
{
	struct rs_region_info info;
	struct fs_inode in;
	struct rs_view *v;
	uint64_t ino;
	int err = ace_find_region(&r->m, "regions/d/x", &ino);

	if (!err)
		err = rs_view_live(r->m.store, &v);
	if (err)
		return err;
	err = fs_inode_get(v, ino, &in);
	rs_view_put(v);
	if (!err)
		err = rs_region_info(&in.obj, &info);
	return err ? err : ace_write(&r->m, "regions/d/x", info.size, len);
}
