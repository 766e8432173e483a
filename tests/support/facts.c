/* SPDX-License-Identifier: Apache-2.0 */
/* facts.c - asking a view everything. */
#include "tests/support/facts.h"

#include "bitmap/db.h"
#include "regionstore/base/auto.h"
#include "regionstore/base/hash.h"
#include "tests/support/oom.h"
#include "tests/support/pending.h"
#include "tests/support/test.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define PIECE	  (64u * 1024u)
#define LIST_MAX  4096u
#define READS_MAX 4096u /* pieces: whoever reads more reads nonsense */

/* --- attributes ----------------------------------------------------------- */

/* As the hook of a settle does it, and the size of the text. */
static int foresee(struct rs_view *v, struct bm_db *db, struct fs_inode *in,
		   struct stat *st)
{
	struct pending p;
	size_t len;
	int err = pending_read(db, v, in->ino, &p);

	if (err || !p.any)
		return err;
	free(pending_text(&p, &len));
	st->st_size = (off_t)len;
	if (p.changed && in->attr.ctime_ns <= p.when_ns)
		in->attr.mtime_ns = in->attr.ctime_ns = p.when_ns;
	pending_finish(&p);
	return 0;
}

static int attr_hash(struct rs_view *v, struct bm_db *db, uint64_t ino,
		     uint64_t *ret_hash)
{
	struct fs_inode in;
	struct stat st;
	int err = fs_inode_get(v, ino, &in);

	if (!err)
		err = fs_inode_stat(&in, &st);
	if (!err && db && in.obj.kind == RS_KIND_SET)
		err = foresee(v, db, &in, &st);
	if (err)
		return err;
	const uint64_t all[] = {
		in.obj.kind,
		in.attr.mode,
		in.attr.uid,
		in.attr.gid,
		in.attr.rdev,
		in.attr.nlink,
		in.attr.realm,
		(uint64_t)in.attr.atime_ns,
		(uint64_t)in.attr.mtime_ns,
		(uint64_t)in.attr.ctime_ns,
		in.attr.ttl,
		in.attr.expires_ms,
		(uint64_t)st.st_size,
	};

	*ret_hash = hash64(all, sizeof(all), 0);
	return 0;
}

static int xattr_hash(struct rs_view *v, uint64_t ino, uint64_t *ret_hash)
{
	char names[LIST_MAX], val[LIST_MAX];
	size_t len, n;
	int err = fs_xattr_list(v, ino, names, sizeof(names), &len);

	if (err)
		return err;
	*ret_hash = hash64(names, len, 0);
	for (size_t at = 0; at < len; at += strlen(names + at) + 1) {
		err = fs_xattr_get(v, ino, names + at, val, sizeof(val), &n);
		if (err)
			return err;
		*ret_hash = hash64(val, n, *ret_hash);
	}
	return 0;
}

/* --- content -------------------------------------------------------------- */

static int list_hash(struct rs_view *v, uint64_t ino, uint64_t *ret_hash)
{
	uint64_t hash = 0, n = 0, count;
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	int err = fs_dir_count(v, FS_SHOW_EXPIRED, ino, &count);

	if (!err)
		err = fs_dir_open(v, ino, &d);
	if (err)
		return err;
	while ((err = fs_dir_read(d, FS_SHOW_EXPIRED, n, &e)) == 0) {
		hash = hash64(e.name, strlen(e.name), hash + e.kind);
		n++;
	}
	fs_dir_close(d);
	*ret_hash = hash64(&n, sizeof(n), hash + count);
	return err == -ENOENT ? 0 : err;
}

/* The test's own memory does not run out. */
static char *new_piece(void)
{
	char *buf;

	oom_hold();
	buf = malloc(PIECE);
	assert_non_null(buf);
	oom_go_on();
	return buf;
}

static int bytes_hash(struct rs_view *v, uint64_t ino, uint64_t *ret_hash)
{
	AUTO_FREE char *buf = new_piece();
	uint64_t hash = 0;
	size_t len = PIECE;

	for (unsigned i = 0; len == PIECE; i++) {
		int err = rs_region_read(v, ino, (uint64_t)i * PIECE, buf,
					 PIECE, &len);

		if (!err)
			err = rs_view_check(v);
		if (!err && i == READS_MAX)
			err = -EFBIG;
		if (err)
			return err;
		hash = hash64(buf, len, hash);
	}
	*ret_hash = hash;
	return 0;
}

static int text_hash(const struct bm_view *bv, uint64_t *ret_hash)
{
	AUTO_FREE char *buf = new_piece();
	size_t len = PIECE;

	for (unsigned i = 0; len == PIECE; i++) {
		int err =
			bm_read_text(bv, (uint64_t)i * PIECE, buf, PIECE, &len);

		if (!err && i == READS_MAX)
			err = -EFBIG;
		if (err)
			return err;
		*ret_hash = hash64(buf, len, *ret_hash);
	}
	return 0;
}

/* A set answers in several ways; all of them count. */
static int members_hash(const struct bm_view *bv, uint64_t *ret_hash)
{
	const struct bm_info *info = bm_view_info(bv);
	uint64_t all[5] = { info->count, info->text_size };
	int err = 0;

	if (info->count) {
		all[2] = info->min;
		all[3] = info->max;
		err = bm_select(bv, info->count / 2, &all[4]);
	}
	if (!err && info->count) {
		uint64_t rank;

		err = bm_rank(bv, all[4], &rank);
		if (!err && rank != info->count / 2 + 1)
			return -ENOTRECOVERABLE; /* wrong, and nobody said so */
	}
	*ret_hash = hash64(all, sizeof(all), *ret_hash);
	return err;
}

/* What members_hash() and text_hash() will say. */
static void pending_hash(const struct pending *p, uint64_t *ret_hash)
{
	size_t len, at = 0;
	AUTO_FREE char *text = pending_text(p, &len);
	uint64_t all[5] = { p->twin.n, len };
	size_t piece;

	do {
		piece = len - at < PIECE ? len - at : PIECE;
		*ret_hash = hash64(text + at, piece, *ret_hash);
		at += piece;
	} while (piece == PIECE);
	if (p->twin.n) {
		all[2] = p->twin.members[0];
		all[3] = p->twin.members[p->twin.n - 1];
		all[4] = p->twin.members[p->twin.n / 2];
	}
	*ret_hash = hash64(all, sizeof(all), *ret_hash);
}

static int set_hash(struct rs_view *v, struct bm_db *db, uint64_t ino,
		    uint64_t *ret_hash)
{
	struct pending p = { 0 };
	struct bm_view *bv;
	int err = db ? pending_read(db, v, ino, &p) : 0;

	if (!err && p.any)
		pending_hash(&p, ret_hash);
	pending_finish(&p);
	if (err || p.any)
		return err;
	err = bm_view_open(v, ino, &bv);
	if (err)
		return err;
	err = text_hash(bv, ret_hash);
	if (!err)
		err = members_hash(bv, ret_hash);
	if (!err)
		err = rs_view_check(v);
	bm_view_close(bv);
	return err;
}

static int link_hash(struct rs_view *v, uint64_t ino, uint64_t *ret_hash)
{
	char target[FS_SYMLINK_MAX + 1];
	struct fs_inode in;
	int err = fs_inode_get(v, ino, &in);

	if (!err)
		err = fs_readlink(v, &in, target);
	if (!err)
		*ret_hash = hash64(target, strlen(target), 0);
	return err;
}

static int content_hash(struct rs_view *v, struct bm_db *db, uint64_t ino,
			enum rs_kind kind, uint64_t *ret_hash)
{
	if (kind == RS_KIND_DIR)
		return list_hash(v, ino, ret_hash);
	if (kind == RS_KIND_SET)
		return set_hash(v, db, ino, ret_hash);
	if (kind == RS_KIND_REGION)
		return bytes_hash(v, ino, ret_hash);
	if (kind == RS_KIND_SYMLINK)
		return link_hash(v, ino, ret_hash);
	return 0;
}

/* --- facts ---------------------------------------------------------------- */

static int find(struct rs_view *v, const char *path, uint64_t *ret_ino,
		enum rs_kind *ret_kind)
{
	*ret_ino = FS_INO_ROOT;
	*ret_kind = RS_KIND_DIR;
	return *path ? fs_resolve(v, FS_SHOW_EXPIRED, FS_INO_ROOT, path,
				  ret_ino, ret_kind)
		     : 0;
}

static struct fact ask(struct rs_view *v, struct bm_db *db,
		       const struct fact *f)
{
	struct fact a = { .kind = f->kind };
	enum rs_kind kind;
	uint64_t ino;

	memcpy(a.path, f->path, sizeof(a.path));
	a.err = find(v, f->path, &ino, &kind);
	if (a.err)
		return a;
	if (f->kind == FACT_ATTR)
		a.err = attr_hash(v, db, ino, &a.hash);
	else if (f->kind == FACT_XATTR)
		a.err = xattr_hash(v, ino, &a.hash);
	else
		a.err = content_hash(v, db, ino, kind, &a.hash);
	return a;
}

struct fact fact_again(struct rs_view *v, const struct fact *f)
{
	return ask(v, NULL, f);
}

static void push(struct facts *fs, const struct fact *f)
{
	if (fs->n == fs->cap) {
		oom_hold();
		fs->cap = fs->cap ? fs->cap * 2 : 64;
		fs->f = realloc(fs->f, fs->cap * sizeof(*fs->f));
		assert_non_null(fs->f);
		oom_go_on();
	}
	fs->f[fs->n++] = *f;
}

static void push_path(struct rs_view *v, struct bm_db *db, struct facts *fs,
		      const char *dir, const char *name)
{
	struct fact f = { .kind = FACT_ATTR };
	int n = snprintf(f.path, sizeof(f.path), "%s%s%s", dir, *dir ? "/" : "",
			 name);

	assert_true(n >= 0 && (size_t)n < sizeof(f.path));
	for (unsigned k = 0; k < FACT_KINDS; k++) {
		struct fact a;

		f.kind = (enum fact_kind)k;
		a = ask(v, db, &f);
		push(fs, &a);
	}
}

/* Of a damaged directory its content says so already; but it may have been
 * memory. */
static void push_entries(struct rs_view *v, struct bm_db *db, struct facts *fs,
			 const char *dir)
{
	struct fs_entry e = { 0 };
	enum rs_kind kind;
	struct fs_dir *d;
	uint64_t ino;
	int err = find(v, dir, &ino, &kind);

	if (!err && kind != RS_KIND_DIR)
		return;
	if (!err)
		err = fs_dir_open(v, ino, &d);
	if (!err) {
		while (!(err = fs_dir_read(d, FS_SHOW_EXPIRED, e.next, &e)))
			push_path(v, db, fs, dir, e.name);
		fs_dir_close(d);
	}
	if (err != -ENOENT && !fs->err)
		fs->err = err;
}

static void read_all(struct rs_view *v, struct bm_db *db,
		     struct facts *ret_facts)
{
	*ret_facts = (struct facts){ 0 };
	push_path(v, db, ret_facts, "", "");
	for (size_t i = 0; i < ret_facts->n; i += FACT_KINDS) {
		char dir[FACT_PATH_MAX];

		memcpy(dir, ret_facts->f[i].path, sizeof(dir));
		push_entries(v, db, ret_facts, dir);
	}
}

void facts_read(struct rs_view *v, struct facts *ret_facts)
{
	read_all(v, NULL, ret_facts);
}

void facts_finish(struct facts *fs)
{
	free(fs->f);
	*fs = (struct facts){ 0 };
}

/* What a crash left may be still to be recalled: not by who looks on, or nobody
 * else would ever find it so. */
static void read_foreseen(struct rs_view *v, struct bm_db *db,
			  struct facts *ret_facts)
{
	struct bm_db *own = NULL;

	if (db && !atomic_load(&db->recalled)) {
		own = pending_open(db->store);
		assert_non_null(own);
	}
	read_all(v, own ? own : db, ret_facts);
	if (own)
		pending_close(own);
}

int view_foresee(struct rs_view *v, struct bm_db *db, uint64_t *ret_digest)
{
	struct facts fs;
	uint64_t sum = 0;
	int err;

	read_foreseen(v, db, &fs);
	err = fs.err;
	for (size_t i = 0; !err && i < fs.n; i++) {
		const struct fact *f = &fs.f[i];

		err = f->err;
		sum += hash64(f->path, strlen(f->path), f->hash + f->kind);
	}
	facts_finish(&fs);
	if (!err)
		*ret_digest = sum;
	return err;
}

int view_digest(struct rs_view *v, uint64_t *ret_digest)
{
	return view_foresee(v, NULL, ret_digest);
}

uint64_t snap_digest(const char *name, uint64_t digest)
{
	return hash64(name, strlen(name), digest);
}

int snaps_digest(struct rs_store *s, uint64_t *ret_digest)
{
	AUTO_FREE struct rs_snap *snaps = NULL;
	uint64_t sum = 0, one;
	size_t n = 0;
	int err = rs_snap_list(s, &snaps, &n);

	for (size_t i = 0; !err && i < n; i++) {
		struct rs_view *v;

		err = rs_view_snap(s, snaps[i].id, &v);
		if (err)
			break;
		err = view_digest(v, &one);
		rs_view_put(v);
		sum += snap_digest(snaps[i].name, err ? 0 : one);
	}
	if (!err)
		*ret_digest = sum;
	return err;
}
