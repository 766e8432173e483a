/* SPDX-License-Identifier: Apache-2.0 */
/* carry_region.c - the bytes of regions from a ruined store into a new one.
 *
 * They are read as a user would and written anew, what cannot be read as zeros.
 * A region whose record is lost has its blocks still: these go as they are
 * found, and mending makes an object of them.
 */
#include "fs/carry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/mend.h"
#include "regionstore/base/auto.h"

#define CHUNK_KEY  (FS_KEY_HEAD + 8u)
#define CHUNKS_MAX (RS_REGION_MAX / RS_CHUNK_SIZE)

/* New numbers begin behind it. */
static int keep_number(struct fs_carry *ca, uint64_t ino)
{
	struct rs_txn *t;
	int err = rs_txn_begin(ca->to, &t);

	if (err < 0)
		return err;
	rs_txn_raise_ids(t, ino);
	return rs_txn_end(t);
}

/* --- regions -------------------------------------------------------------- */

/* Bytes of the old region into the new one. Its object, if it has one, is put
 * each time. */
static int write_bytes(struct fs_carry *ca, struct fs_inode *in, uint64_t off,
		       const uint8_t *data, size_t len)
{
	struct rs_write *w;
	struct rs_txn *t;
	int err = rs_write_prepare(ca->to, off, data, len, &w);

	if (err < 0)
		return err;
	err = rs_txn_begin(ca->to, &t);
	if (err == 0) {
		err = rs_write_apply(t, in->ino, &in->obj, w);
		if (err == 0 && !ca->ownerless)
			err = fs_inode_put(t, in);
		if (err < 0)
			rs_txn_abort(t);
		else
			err = rs_txn_end(t);
	}
	rs_write_drop(w);
	return err;
}

static int read_bytes(struct fs_carry *ca, uint64_t ino, uint64_t off,
		      size_t len, uint8_t *buf, size_t *ret_got)
{
	if (!ca->ownerless)
		return rs_region_read(ca->from, ino, off, buf, len, ret_got);
	*ret_got = len;
	return rs_region_read_chunks(ca->from, ino, off, buf, len);
}

/* One chunk, or the blocks of it that can be read. */
static int carry_chunk(struct fs_carry *ca, struct fs_inode *in, uint64_t off,
		       size_t len, uint8_t *buf)
{
	char what[80];
	size_t got = 0;
	int err = read_bytes(ca, in->ino, off, len, buf, &got);

	if (err == 0)
		return got ? write_bytes(ca, in, off, buf, got) : 0;
	if (!fs_mend_is_damage(err))
		return err;
	if (len > RS_PAGE_SIZE) {
		err = 0;
		for (size_t at = 0; err == 0 && at < len; at += RS_PAGE_SIZE)
			err = carry_chunk(ca, in, off + at, RS_PAGE_SIZE, buf);
		return err;
	}
	snprintf(what, sizeof(what),
		 "bytes %" PRIu64 " to %" PRIu64 " cannot be read: zeros", off,
		 off + len - 1);
	fs_carry_lose(ca, in->ino, what);
	return 0;
}

static int carry_bytes(struct fs_carry *ca, struct fs_inode *in, uint64_t size)
{
	AUTO_FREE uint8_t *buf = malloc(RS_CHUNK_SIZE);
	uint64_t off = 0;
	int err = buf ? 0 : -ENOMEM;

	while (err == 0 && off < size) {
		err = carry_chunk(ca, in, off, RS_CHUNK_SIZE, buf);
		off += RS_CHUNK_SIZE;
		if (err == 0 && off < size &&
		    rs_region_seek(ca->from, in->ino, off, false, &off) ==
			    -ENXIO)
			break;
		off -= off % RS_CHUNK_SIZE;
	}
	return err;
}

static int set_size(struct fs_carry *ca, struct fs_inode *in, uint64_t size)
{
	struct rs_txn *t;
	int err = rs_txn_begin(ca->to, &t);

	if (err < 0)
		return err;
	rs_txn_raise_ids(t, in->ino);
	err = rs_region_truncate(t, in->ino, &in->obj, size);
	if (err == 0)
		err = fs_inode_put(t, in);
	if (err < 0) {
		rs_txn_abort(t);
		return err;
	}
	return rs_txn_end(t);
}

int fs_carry_region(struct fs_carry *ca, struct fs_inode *in)
{
	struct rs_region_info info;
	int err = rs_region_info(&in->obj, &info);

	if (err < 0) {
		fs_carry_lose(ca, in->ino, "its body makes no sense");
		return 0;
	}
	rs_region_init(&in->obj);
	err = set_size(ca, in, 0);
	if (err == 0)
		err = carry_bytes(ca, in, info.size);
	return err < 0 ? err : set_size(ca, in, info.size);
}

/* --- regions without a record --------------------------------------------- */

/* Did no object take the content along? The numbers of the roots can be no
 * region's. */
static bool is_lost(const struct fs_carry *ca, uint64_t ino)
{
	struct rs_region_info info;
	struct fs_inode in;

	if (ino <= FS_INO_REGIONS)
		return false;
	return fs_inode_get(ca->from, ino, &in) < 0 ||
	       (in.obj.kind == RS_KIND_REGION &&
		rs_region_info(&in.obj, &info) < 0);
}

/* The first chunk of another region. */
static int meet_region(struct fs_carry *ca, uint64_t ino)
{
	ca->region = ino;
	ca->ownerless = is_lost(ca, ino);
	if (!ca->ownerless)
		return 0;
	fs_carry_lose(ca, ino,
		      "its record is lost, and with it owner, mode, times and "
		      "the exact "
		      "length: whole blocks are kept");
	ca->owner = (struct fs_inode){ .ino = ino };
	rs_region_init(&ca->owner.obj);
	return keep_number(ca, ino);
}

/* Blocks go without an object, as they are found; mending makes it from them,
 * under the name that leads to the number, or one in lost+found/. */
static int carry_ownerless(struct fs_carry *ca, const struct rs_cursor *c)
{
	AUTO_FREE uint8_t *buf = malloc(RS_CHUNK_SIZE);
	uint64_t index = c->key_len == CHUNK_KEY
				 ? be64_get(c->key + FS_KEY_HEAD)
				 : CHUNKS_MAX;
	uint64_t off = index * RS_CHUNK_SIZE;
	size_t len = 0;
	int err = buf ? 0 : -ENOMEM;

	if (err == 0)
		err = index < CHUNKS_MAX
			      ? rs_region_chunk_len(ca->from, ca->region, off,
						    &len)
			      : -EUCLEAN;
	if (err == 0)
		return carry_chunk(ca, &ca->owner, off, len, buf);
	if (!fs_mend_is_damage(err))
		return err;
	fs_carry_lose(ca, ca->region, "a record of its blocks makes no sense");
	return 0;
}

int fs_carry_chunk(struct fs_carry *ca, const struct rs_cursor *c, uint64_t ino)
{
	int err = ino == ca->region ? 0 : meet_region(ca, ino);

	/* Those of others went with their objects. */
	return err < 0 || !ca->ownerless ? err : carry_ownerless(ca, c);
}
