/* SPDX-License-Identifier: Apache-2.0 */
/* salvage.c - record by record from a ruined store into a new one.
 *
 * Records go as they are, with their numbers; what they have on pages is read,
 * compared with its checksum, and put on pages of the new store. What cannot be
 * read is said and stays behind. Then the new store is mended: names without a
 * file go, files without a name get one.
 */
#include "fs/carry.h"

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

void fs_carry_lose(struct fs_carry *ca, uint64_t ino, const char *what)
{
	char path[256], text[TEXT_MAX];

	fs_inode_path(ca->from, ino, path, sizeof(path));
	if (!path[0])
		snprintf(path, sizeof(path), "inode %" PRIu64, ino);
	snprintf(text, sizeof(text), "'%s': %s", path, what);
	ca->sv->lost++;
	ca->sv->say(ca->sv->arg, text);
}

/* --- records -------------------------------------------------------------- */

static int put_raw(struct rs_txn *t, const struct rs_cursor *c)
{
	return rs_put(t, c->key, c->key_len, c->val, c->val_len, c->weight);
}

static int put_symlink(struct fs_carry *ca, struct rs_txn *t,
		       struct fs_inode *in)
{
	char target[FS_SYMLINK_MAX + 1];
	int err = fs_readlink(ca->from, in, target);

	if (err == 0)
		err = fs_symlink_init(t, &in->obj, target);
	return err < 0 ? err : fs_inode_put(t, in);
}

static int put_xattr(struct fs_carry *ca, struct rs_txn *t,
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

static int put_record(struct fs_carry *ca, struct rs_txn *t,
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

static int carry_record(struct fs_carry *ca, const struct rs_cursor *c)
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
	fs_carry_lose(ca, c->key_len >= FS_KEY_HEAD ? be64_get(c->key + 1) : 0,
		      what);
	return 0;
}

static int carry(struct fs_carry *ca, const struct rs_cursor *c)
{
	uint64_t ino = c->key_len >= FS_KEY_HEAD ? be64_get(c->key + 1) : 0;
	struct fs_inode in;

	if (c->key[0] == RS_KEY_CHUNK)
		return fs_carry_chunk(ca, c, ino);
	if (c->key[0] == RS_KEY_OBJECT && c->key_len == FS_KEY_HEAD &&
	    fs_inode_get(ca->from, ino, &in) == 0 &&
	    in.obj.kind == RS_KIND_REGION)
		return fs_carry_region(ca, &in);
	return carry_record(ca, c);
}

/* --- all of it ------------------------------------------------------------ */

static int carry_all(struct fs_carry *ca)
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
	struct fs_carry ca = { .sv = sv, .to = to };
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
