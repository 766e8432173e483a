/* SPDX-License-Identifier: Apache-2.0 */
/* region.c - reading and changing a live region.
 *
 * A write copies and checksums its whole blocks before it takes any lock; the
 * stripe and the txn are held for the ragged ends and the records only.
 */

#include "fs/region.h"

#include <linux/falloc.h>

#include "regionstore/base/ck.h"

static void touch(struct fs_inode *in, bool kill_priv)
{
	in->attr.mtime_ns = fs_now_ns();
	in->attr.ctime_ns = in->attr.mtime_ns;
	if (kill_priv)
		fs_attr_kill_priv(&in->attr);
}

static int begin(struct fs *fs, uint64_t ino, struct fs_change *c)
{
	int err = fs_change_begin(fs, ino, c);

	if (!err && c->in.obj.kind != RS_KIND_REGION)
		err = fs_change_end(c, -EOPNOTSUPP);
	return err;
}

/* A scratch file that became a set is none, and no damage either. */
static int what_it_is(const struct rs_view *v, uint64_t ino, int err)
{
	struct rs_object obj;

	if (err == -EUCLEAN && !rs_object_get(v, ino, &obj) &&
	    obj.kind != RS_KIND_REGION)
		return -EOPNOTSUPP;
	return err;
}

static int read_view(struct fs *fs, uint64_t ino, uint64_t off, char *buf,
		     size_t len, size_t *ret_len)
{
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = rs_region_read(v, ino, off, buf, len, ret_len);
	err = what_it_is(v, ino, err);
	rs_view_put(v);
	return err;
}

int fs_region_read(struct fs *fs, uint64_t ino, uint64_t off, char *buf,
		   size_t len, size_t *ret_len)
{
	struct rwlock *stripe = fs_stripe(fs, ino);
	int err;

	rwlock_read(stripe);
	err = read_view(fs, ino, off, buf, len, ret_len);
	rwlock_drop(stripe);
	return err;
}

static int apply_write(struct fs *fs, uint64_t ino, const struct fs_io *io,
		       struct rs_write *w)
{
	struct fs_change c;
	int err;

	err = begin(fs, ino, &c);
	if (err)
		return err;
	err = rs_write_apply(c.txn, ino, &c.in.obj, w);
	touch(&c.in, io->kill_priv);
	return fs_change_end(&c, err);
}

int fs_region_write(struct fs *fs, uint64_t ino, const struct fs_io *io,
		    uint64_t off, const char *buf, size_t len)
{
	struct rwlock *stripe = fs_stripe(fs, ino);
	struct rs_write *w;
	uint64_t end;
	int err;

	if (!ck_add(off, len, &end) || end > RS_REGION_MAX)
		return -EFBIG;
	err = rs_write_prepare(fs->store, off, buf, len, &w);
	if (err)
		return err;
	rwlock_write(stripe);
	err = apply_write(fs, ino, io, w);
	rwlock_drop(stripe);
	rs_write_drop(w);
	return err;
}

static int apply_truncate(struct fs *fs, uint64_t ino, const struct fs_io *io,
			  uint64_t size)
{
	struct fs_change c;
	int err;

	err = begin(fs, ino, &c);
	if (err)
		return err;
	err = rs_region_truncate(c.txn, ino, &c.in.obj, size);
	/* What is written from nothing stays. */
	if (!err && size == 0 && c.in.attr.expires_ms)
		err = fs_expire_set(c.txn, &c.in, 0, 0);
	touch(&c.in, io->kill_priv);
	return fs_change_end(&c, err);
}

int fs_region_truncate(struct fs *fs, uint64_t ino, const struct fs_io *io,
		       uint64_t size)
{
	struct rwlock *stripe = fs_stripe(fs, ino);
	int err;

	if (size > RS_REGION_MAX)
		return -EFBIG;
	rwlock_write(stripe);
	err = apply_truncate(fs, ino, io, size);
	rwlock_drop(stripe);
	return err;
}

/* What fallocate asks for, in our two steps. */
static int allocate_in(struct fs_change *c, uint64_t ino, int mode,
		       uint64_t off, uint64_t end)
{
	struct rs_region_info info;
	int err;

	err = rs_region_info(&c->in.obj, &info);
	if (err)
		return err;
	if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) &&
	    off < info.size) {
		uint64_t to = end < info.size ? end : info.size;

		err = rs_region_punch(c->txn, ino, &c->in.obj, off, to - off);
		if (err)
			return err;
	}
	if (!(mode & FALLOC_FL_KEEP_SIZE) && end > info.size)
		err = rs_region_truncate(c->txn, ino, &c->in.obj, end);
	return err;
}

static int apply_allocate(struct fs *fs, uint64_t ino, int mode, uint64_t off,
			  uint64_t end)
{
	struct fs_change c;
	int err;

	err = begin(fs, ino, &c);
	if (err)
		return err;
	err = allocate_in(&c, ino, mode, off, end);
	touch(&c.in, true);
	return fs_change_end(&c, err);
}

int fs_region_allocate(struct fs *fs, uint64_t ino, int mode, uint64_t off,
		       uint64_t len)
{
	struct rwlock *stripe = fs_stripe(fs, ino);
	uint64_t end;
	int err;

	switch (mode & ~FALLOC_FL_KEEP_SIZE) {
	case 0:
	case FALLOC_FL_PUNCH_HOLE:
	case FALLOC_FL_ZERO_RANGE:
		break;
	default:
		return -EOPNOTSUPP;
	}
	if (!ck_add(off, len, &end) || end > RS_REGION_MAX)
		return -EFBIG;
	rwlock_write(stripe);
	err = apply_allocate(fs, ino, mode, off, end);
	rwlock_drop(stripe);
	return err;
}

static int seek_view(struct fs *fs, uint64_t ino, uint64_t off, bool hole,
		     uint64_t *ret_off)
{
	struct rs_view *v;
	int err;

	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = rs_region_seek(v, ino, off, hole, ret_off);
	err = what_it_is(v, ino, err);
	rs_view_put(v);
	return err;
}

int fs_region_seek(struct fs *fs, uint64_t ino, uint64_t off, bool hole,
		   uint64_t *ret_off)
{
	struct rwlock *stripe = fs_stripe(fs, ino);
	int err;

	rwlock_read(stripe);
	err = seek_view(fs, ino, off, hole, ret_off);
	rwlock_drop(stripe);
	return err;
}
