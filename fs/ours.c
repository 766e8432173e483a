/* SPDX-License-Identifier: Apache-2.0 */
/* ours.c - see ours.h. A table says what there is; each row reads and sets. */

#include "fs/ours.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define VALUE_SHOWN 60 /* bytes of a value, in a message */

/* --- reading -------------------------------------------------------------- */

static void put_number(char text[FS_OURS_TEXT], uint64_t n)
{
	snprintf(text, FS_OURS_TEXT, "%llu", (unsigned long long)n);
}

enum number {
	COUNT,
	MIN,
	MAX,
	STORED,
	SEGMENTS
};

static int get_info(const struct fs_inode *in, enum number which,
		    char text[FS_OURS_TEXT])
{
	struct bm_info i;
	int err;

	if (in->obj.kind != RS_KIND_SET)
		return -ENODATA;
	err = bm_object_info(&in->obj, &i);
	if (err)
		return err;
	if (i.count == 0 && (which == MIN || which == MAX))
		return -ENODATA;
	const uint64_t numbers[] = { i.count, i.min, i.max, i.stored,
				     i.segments };

	put_number(text, numbers[which]);
	return 0;
}

static int get_count(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	return get_info(in, COUNT, text);
}

static int get_min(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	return get_info(in, MIN, text);
}

static int get_max(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	return get_info(in, MAX, text);
}

static int get_stored(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	return get_info(in, STORED, text);
}

static int get_segments(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	return get_info(in, SEGMENTS, text);
}

static int get_shards(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	struct bm_info i = { .shards = in->attr.shards };
	bool is_set = in->obj.kind == RS_KIND_SET;
	int err = is_set ? bm_object_info(&in->obj, &i) : 0;

	if (!err && !i.shards && !is_set)
		return -ENODATA;
	put_number(text, i.shards ? i.shards : bm_shards_usual());
	return err;
}

static int get_segment_bytes(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	struct bm_info i = { .segment_bytes = in->attr.segment_bytes };
	int err = 0;

	if (in->obj.kind == RS_KIND_SET)
		err = bm_object_info(&in->obj, &i);
	if (!err && !i.segment_bytes)
		return -ENODATA;
	put_number(text, i.segment_bytes);
	return err;
}

static int get_ttl(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	if (!in->attr.ttl)
		return -ENODATA;
	fs_ttl_format(in->attr.ttl, text);
	return 0;
}

static int get_expires(const struct fs_inode *in, char text[FS_OURS_TEXT])
{
	if (!in->attr.expires_ms)
		return -ENODATA;
	fs_instant_format(in->attr.expires_ms, text);
	return 0;
}

/* --- changing ------------------------------------------------------------- */

/* One change under way; why is set when it is refused. */
struct change {
	const struct fs_ours_change *x;
	struct fs_change c;
	int64_t now_ns;
	const char *why;
};

static int refuse(struct change *ch, int err, const char *why)
{
	ch->why = why;
	return err;
}

static int may_expire(struct change *ch)
{
	if (ch->c.in.obj.kind == RS_KIND_DIR)
		return refuse(ch, -EOPNOTSUPP,
			      "only files expire, directories do not");
	return 0;
}

static int set_ttl(struct change *ch)
{
	uint64_t ttl = 0, ms = 0;
	int err = may_expire(ch);

	if (err)
		return err;
	if (!ch->x->value)
		return fs_expire_set(ch->c.txn, &ch->c.in, 0, 0);
	err = fs_ttl_parse(ch->x->value, ch->x->len, &ttl);
	if (!err)
		err = fs_ttl_expires(ttl, ch->now_ns, &ms);
	if (err)
		return refuse(ch, -EINVAL,
			      err == -ERANGE ? "too long"
					     : "not a time to live: a number "
					       "of seconds, or one with s, m, "
					       "h, d or w after it");
	return fs_expire_set(ch->c.txn, &ch->c.in, ttl, ms);
}

static int set_expires(struct change *ch)
{
	uint64_t ms = 0;
	int err = may_expire(ch);

	if (err)
		return err;
	if (!ch->x->value)
		return fs_expire_set(ch->c.txn, &ch->c.in, 0, 0);
	err = fs_instant_parse(ch->x->value, ch->x->len, &ms);
	if (err)
		return refuse(ch, -EINVAL,
			      "not an instant: 2030-12-31T23:59:59Z, or "
			      "seconds since 1970");
	if (ch->now_ns > 0 && ms <= (uint64_t)ch->now_ns / 1000000)
		return refuse(ch, -EINVAL, "is in the past; rm removes a file");
	return fs_expire_set(ch->c.txn, &ch->c.in, 0, ms);
}

/* Digits alone. */
static int parse_number(const struct fs_ours_change *x, uint32_t *ret_n)
{
	uint32_t n = 0;

	if (x->len == 0 || x->len > 8)
		return -EINVAL;
	for (size_t i = 0; i < x->len; i++) {
		if (!isdigit((unsigned char)x->value[i]))
			return -EINVAL;
		n = n * 10 + (uint32_t)(x->value[i] - '0');
	}
	*ret_n = n;
	return 0;
}

static int may_govern(struct change *ch)
{
	if (ch->c.in.obj.kind != RS_KIND_DIR ||
	    ch->c.in.attr.realm != FS_REALM_BITMAPS)
		return refuse(ch, -EPERM,
			      "is set on a directory below bitmaps/");
	return 0;
}

static int set_shards(struct change *ch)
{
	uint32_t n = 0;
	int err = may_govern(ch);

	if (err)
		return err;
	if (ch->x->value &&
	    (parse_number(ch->x, &n) || n < 1 || n > BM_SHARDS_MAX))
		return refuse(ch, -EINVAL, "not a number from 1 to 16");
	ch->c.in.attr.shards = n;
	return 0;
}

static int set_segment_bytes(struct change *ch)
{
	uint32_t n = 0;
	int err = may_govern(ch);

	if (err)
		return err;
	if (ch->x->value &&
	    (parse_number(ch->x, &n) || n < BM_SEGMENT_BYTES_MIN ||
	     n > BM_SEGMENT_BYTES_MAX || n % RS_PAGE_SIZE))
		return refuse(ch, -EINVAL,
			      "not a multiple of 4096 from 4096 to 65536");
	ch->c.in.attr.segment_bytes = n;
	return 0;
}

/* --- the table ------------------------------------------------------------ */

static const struct ours {
	const char *what;
	int (*get)(const struct fs_inode *in, char text[FS_OURS_TEXT]);
	int (*set)(struct change *ch); /* NULL: only to be read */
	bool listed;		       /* when somebody set it */
} all[] = {
	{ "count", get_count, NULL, false },
	{ "min", get_min, NULL, false },
	{ "max", get_max, NULL, false },
	{ "stored", get_stored, NULL, false },
	{ "segments", get_segments, NULL, false },
	{ "shards", get_shards, set_shards, true },
	{ "segment_bytes", get_segment_bytes, set_segment_bytes, true },
	{ "ttl", get_ttl, set_ttl, true },
	{ "expires", get_expires, set_expires, false },
};
#define N_ALL (sizeof(all) / sizeof(all[0]))

static const struct ours *find(const char *what)
{
	for (size_t i = 0; i < N_ALL; i++)
		if (strcmp(all[i].what, what) == 0)
			return &all[i];
	return NULL;
}

static bool is_listed(const struct ours *o, const struct fs_inode *in)
{
	char text[FS_OURS_TEXT];

	/* What a set has of a directory's nobody set there. */
	if (in->obj.kind == RS_KIND_SET && o->set != set_ttl)
		return false;
	return o->listed && o->get(in, text) == 0;
}

int fs_ours_get(struct fs *fs, uint64_t node, const char *what,
		char ret_text[FS_OURS_TEXT])
{
	const struct ours *o = find(what);
	struct fs_inode in;
	int err;

	if (!o)
		return -ENODATA;
	err = fs_node_get(fs, node, &in);
	return err ? err : o->get(&in, ret_text);
}

int fs_ours_list(struct fs *fs, uint64_t node, char *buf, size_t cap,
		 size_t *ret_len)
{
	struct fs_inode in;
	size_t need = 0;
	int err;

	err = fs_node_get(fs, node, &in);
	if (err)
		return err;
	for (size_t i = 0; i < N_ALL; i++) {
		size_t n = FS_OURS_LEN + strlen(all[i].what) + 1;

		if (!is_listed(&all[i], &in))
			continue;
		if (need + n <= cap)
			memcpy(stpcpy(buf + need, FS_OURS), all[i].what,
			       n - FS_OURS_LEN);
		need += n;
	}
	*ret_len = need;
	return 0;
}

/* --- saying why ----------------------------------------------------------- */

static void explain(struct fs *fs, uint64_t ino, const struct fs_ours_change *x,
		    const char *why)
{
	char path[FS_PATH_MAX], text[128];
	struct rs_view *v;

	snprintf(path, sizeof(path), "inode %llu", (unsigned long long)ino);
	if (!rs_view_live(fs->store, &v)) {
		fs_paths_find(&fs->paths, v, ino, path);
		rs_view_put(v);
	}
	snprintf(text, sizeof(text), FS_OURS "%.20s%s%.*s", x->what,
		 x->value ? "=" : "",
		 x->len < VALUE_SHOWN ? (int)x->len : VALUE_SHOWN,
		 x->value ? x->value : "");
	fs_errlog_add(&fs->errlog,
		      &(struct fs_err_line){ .when_ns = fs_now_ns(),
					     .pid = x->pid,
					     .path = path,
					     .text = text,
					     .reason = why });
}

/* --- all of a change ------------------------------------------------------ */

static int check_flags(const struct ours *o, const struct change *ch)
{
	char text[FS_OURS_TEXT];
	bool exists = o->get(&ch->c.in, text) == 0;

	if (exists && (ch->x->flags & XATTR_CREATE))
		return -EEXIST;
	if (!exists && (ch->x->flags & XATTR_REPLACE || !ch->x->value))
		return -ENODATA;
	return 0;
}

static int change(const struct ours *o, struct change *ch)
{
	int err;

	if (fs_attr_expired(&ch->c.in.attr, ch->now_ns))
		return -ENOENT;
	err = check_flags(o, ch);
	if (!err)
		err = o->set(ch);
	ch->c.in.attr.ctime_ns = ch->now_ns;
	return err;
}

static int change_in_txn(struct fs *fs, uint64_t ino, const struct ours *o,
			 struct change *ch)
{
	int err;

	/* What is queued was written before. */
	err = bm_settle(fs->db, ino);
	if (!err)
		err = fs_change_begin(fs, ino, &ch->c);
	return err ? err : fs_change_end(&ch->c, change(o, ch));
}

int fs_ours_set(struct fs *fs, uint64_t ino, const struct fs_ours_change *x)
{
	struct change ch = { .x = x, .now_ns = fs_clock(fs) };
	const struct ours *o = find(x->what);
	int err;

	if (o && o->set) {
		err = change_in_txn(fs, ino, o, &ch);
	} else {
		ch.why = o ? "is made up from what the set holds"
			   : "roarfs has no such attribute";
		err = -EPERM;
	}
	if (ch.why)
		explain(fs, ino, x, ch.why);
	if (!err && ch.c.in.attr.expires_ms) {
		fs_opens_set_expiry(&fs->opens, ino);
		fs_expire_noted(fs, ino);
	}
	return err;
}
