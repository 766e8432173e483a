/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.c - record by record from a ruined store into a new one.
 *
 * Records go as they are, with their numbers; what they have on pages is read,
 * compared with its checksum, and put on pages of the new store. What cannot be
 * read is said and stays behind. Then the new store is mended: names without a
 * file go, files without a name get one.
 */
#include "fs/salvage.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "fs/cmd_open.h"
#include "fs/mend.h"
#include "fs/ns_check.h"
#include "fs/ns_entry.h"
#include "regionstore/base/auto.h"

#define SYNC_EVERY 4096u /* records */
#define INLINE_MAX 1699u /* bytes of an attribute in its record */
#define TEXT_MAX   400
#define CHUNK_KEY  (FS_KEY_HEAD + 8u)
#define CHUNKS_MAX (RS_REGION_MAX / RS_CHUNK_SIZE)

struct carry {
	struct fs_salvage *sv;
	const struct rs_view *from;
	struct rs_store *to;
	uint64_t region;       /* whose chunks are being passed... */
	bool ownerless;	       /* ...and whose record is lost... */
	struct fs_inode owner; /* ...so this stands for it */
};

static void lose(struct carry *ca, uint64_t ino, const char *what)
{
	char path[256], text[TEXT_MAX];

	fs_inode_path(ca->from, ino, path, sizeof(path));
	if (!path[0])
		snprintf(path, sizeof(path), "inode %" PRIu64, ino);
	snprintf(text, sizeof(text), "'%s': %s", path, what);
	ca->sv->lost++;
	ca->sv->say(ca->sv->arg, text);
}

/* New numbers begin behind it. */
static int keep_number(struct carry *ca, uint64_t ino)
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
static int write_bytes(struct carry *ca, struct fs_inode *in, uint64_t off,
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

static int read_bytes(struct carry *ca, uint64_t ino, uint64_t off, size_t len,
		      uint8_t *buf, size_t *ret_got)
{
	if (!ca->ownerless)
		return rs_region_read(ca->from, ino, off, buf, len, ret_got);
	*ret_got = len;
	return rs_region_read_chunks(ca->from, ino, off, buf, len);
}

/* One chunk, or the blocks of it that can be read. */
static int carry_chunk(struct carry *ca, struct fs_inode *in, uint64_t off,
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
	lose(ca, in->ino, what);
	return 0;
}

static int carry_bytes(struct carry *ca, struct fs_inode *in, uint64_t size)
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

static int set_size(struct carry *ca, struct fs_inode *in, uint64_t size)
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

static int carry_region(struct carry *ca, struct fs_inode *in)
{
	struct rs_region_info info;
	int err = rs_region_info(&in->obj, &info);

	if (err < 0) {
		lose(ca, in->ino, "its body makes no sense");
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
static bool is_lost(const struct carry *ca, uint64_t ino)
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
static int meet_region(struct carry *ca, uint64_t ino)
{
	ca->region = ino;
	ca->ownerless = is_lost(ca, ino);
	if (!ca->ownerless)
		return 0;
	lose(ca, ino,
	     "its record is lost, and with it owner, mode, times and the exact "
	     "length: whole blocks are kept");
	ca->owner = (struct fs_inode){ .ino = ino };
	rs_region_init(&ca->owner.obj);
	return keep_number(ca, ino);
}

/* Blocks go without an object, as they are found; mending makes it from them,
 * under the name that leads to the number, or one in lost+found/. */
static int carry_ownerless(struct carry *ca, const struct rs_cursor *c)
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
	lose(ca, ca->region, "a record of its blocks makes no sense");
	return 0;
}

static int carry_loose_chunk(struct carry *ca, const struct rs_cursor *c,
			     uint64_t ino)
{
	int err = ino == ca->region ? 0 : meet_region(ca, ino);

	/* Those of others went with their objects. */
	return err < 0 || !ca->ownerless ? err : carry_ownerless(ca, c);
}

/* --- other records -------------------------------------------------------- */

static int put_raw(struct rs_txn *t, const struct rs_cursor *c)
{
	return rs_put(t, c->key, c->key_len, c->val, c->val_len, c->weight);
}

static int put_symlink(struct carry *ca, struct rs_txn *t, struct fs_inode *in)
{
	char target[FS_SYMLINK_MAX + 1];
	int err = fs_readlink(ca->from, in, target);

	if (err == 0)
		err = fs_symlink_init(t, &in->obj, target);
	return err < 0 ? err : fs_inode_put(t, in);
}

static int put_xattr(struct carry *ca, struct rs_txn *t,
		     const struct rs_cursor *c)
{
	AUTO_FREE void *data = NULL;
	uint8_t val[RS_VAL_MAX];
	size_t len, val_len = 0;
	int err = fs_blob_len(c->val, c->val_len, &len);

	if (err < 0)
		return err;
	data = malloc(len + 1);
	if (!data)
		return -ENOMEM;
	err = fs_blob_get(ca->from, c->val, c->val_len, data);
	if (err == 0)
		err = fs_blob_put(t, data, len, INLINE_MAX, val, &val_len);
	return err < 0 ? err : rs_put(t, c->key, c->key_len, val, val_len, 0);
}

static int put_record(struct carry *ca, struct rs_txn *t,
		      const struct rs_cursor *c)
{
	struct fs_inode in;

	if (c->key_len < FS_KEY_HEAD)
		return -EUCLEAN;
	if (c->key[0] <= RS_KEY_XATTR || c->key[0] == RS_KEY_SEGMENT)
		rs_txn_raise_ids(t, be64_get(c->key + 1));
	switch (c->key[0]) {
	case RS_KEY_OBJECT:
		if (fs_inode_get(ca->from, be64_get(c->key + 1), &in) < 0)
			return -EUCLEAN;
		return in.obj.kind == RS_KIND_SYMLINK ? put_symlink(ca, t, &in)
						      : put_raw(t, c);
	case RS_KEY_XATTR:
		return put_xattr(ca, t, c);
	case RS_KEY_SEGMENT:
	case RS_KEY_JOURNAL:
		return bm_carry(t, c);
	case RS_KEY_ENTRY:
	case RS_KEY_ORPHAN:
	case RS_KEY_EXPIRY:
		return put_raw(t, c);
	default:
		return -EUCLEAN;
	}
}

static int carry_record(struct carry *ca, const struct rs_cursor *c)
{
	char what[80];
	struct rs_txn *t;
	int err = rs_txn_begin(ca->to, &t);

	if (err < 0)
		return err;
	err = put_record(ca, t, c);
	if (err == 0)
		return rs_txn_end(t);
	rs_txn_abort(t);
	if (!fs_mend_is_damage(err))
		return err;
	snprintf(what, sizeof(what), "a record of type 0x%02x cannot be read",
		 c->key[0]);
	lose(ca, c->key_len >= FS_KEY_HEAD ? be64_get(c->key + 1) : 0, what);
	return 0;
}

static int carry(struct carry *ca, const struct rs_cursor *c)
{
	uint64_t ino = c->key_len >= FS_KEY_HEAD ? be64_get(c->key + 1) : 0;
	struct fs_inode in;

	if (c->key[0] == RS_KEY_CHUNK)
		return carry_loose_chunk(ca, c, ino);
	if (c->key[0] == RS_KEY_OBJECT && c->key_len == FS_KEY_HEAD &&
	    fs_inode_get(ca->from, ino, &in) == 0 &&
	    in.obj.kind == RS_KIND_REGION)
		return carry_region(ca, &in);
	return carry_record(ca, c);
}

/* --- all of it ------------------------------------------------------------ */

static int carry_all(struct carry *ca)
{
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, ca->from);
	err = rs_cursor_seek(&c, "", 0);
	while (err == 0) {
		err = c.key_len ? carry(ca, &c) : 0;
		if (err == 0 && ++ca->sv->records % SYNC_EVERY == 0)
			err = rs_sync(ca->to);
		if (err == 0)
			err = rs_cursor_next(&c);
	}
	rs_cursor_finish(&c);
	return err == -ENOENT ? 0 : err;
}

static void say(struct fs_salvage *sv, const char *fmt, ...) PRINTF_LIKE(2, 3);

static void say(struct fs_salvage *sv, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	sv->say(sv->arg, text);
}

/* What was appended to sets and is in no set yet. */
static int carry_log(struct rs_store *from, struct rs_store *to,
		     struct fs_salvage *sv)
{
	struct bm_carried done;
	int err = bm_carry_log(from, to, &done);

	if (err < 0)
		return err;
	if (done.used + done.had + done.lost + done.late)
		say(sv,
		    "%" PRIu64 " writes to sets in the log: %" PRIu64
		    " were in their sets or the journal, %" PRIu64
		    " are used, %" PRIu64 " are not: their sets are lost",
		    done.used + done.had + done.lost + done.late, done.had,
		    done.used, done.lost);
	if (done.late)
		say(sv,
		    "%" PRIu64 " of them are not used either: later ones would "
		    "be undone",
		    done.late);
	if (done.damaged)
		say(sv, "%" PRIu64 " entries of the log make no sense",
		    done.damaged);
	sv->lost += done.lost + done.late + done.damaged;
	return 0;
}

int fs_salvage(struct rs_store *from, struct rs_store *to,
	       struct fs_salvage *sv)
{
	struct fs_mend m = { .s = to,
			     .say = sv->say,
			     .arg = sv->arg,
			     .now_ns = fs_cmd_now_ns() };
	struct carry ca = { .sv = sv, .to = to };
	struct rs_view *v;
	int err = rs_view_live(from, &v);

	if (err < 0)
		return err;
	ca.from = v;
	err = carry_all(&ca);
	rs_view_put(v);
	if (err == 0)
		err = carry_log(from, to, sv);
	if (err == 0)
		err = fs_mend(&m);
	sv->lost += m.said + rs_salvage_lost(from);
	return err;
}
