/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_whole.c - a file system with damage that checksums do not catch.
 *
 * The input edits (damage.h) a store with something of everything
 * (whole_store.h). The first byte is five bits: 1, it was not closed and has
 * files and lines of sets in its log; 2, it is salvaged instead of used; 4, or
 * repaired; 8, from the newest commit, whatever is lost of it; 16, from the
 * snapshot.
 *
 * Whatever the edits: opening, checking, reading everything of every object,
 * live and in snapshots, and writing end without a crash. When the check finds
 * nothing, everything can be read; and it finds nothing in what was salvaged,
 * nor in what a repair says is sound.
 */
#include "fs/repair.h"
#include "fs/salvage.h"
#include "tests/support/damage.h"
#include "tests/support/flip_write.h"
#include "tests/support/whole_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OBJECTS_MAX 1000u
#define ENTRIES_MAX 1000u
#define PIECES_MAX  40u

static struct disk *base[2]; /* the second has a log */
static struct damage damage[2];
static char piece[65536];

#define must(is) must_at(is, __LINE__)

static void must_at(bool is, int line)
{
	if (is)
		return;
	fprintf(stderr, "line %d\n", line);
	abort();
}

static void fill_log(struct mixed *m)
{
	struct rs_stats st;

	for (unsigned i = 1; i <= 4; i++) {
		whole_more(m, i);
		must(rs_sync(m->store) == 0);
	}
	rs_stats(m->store, &st);
	must(st.log_writes >= 4);
}

static void make_base(unsigned which)
{
	struct disk *d = disk_new();
	struct mixed m;

	mixed_format(disk_io(d));
	mixed_open(&m, disk_io(d), 1);
	whole_fill(&m);
	if (which == 0) {
		bm_close(m.db);
		must(rs_close(m.store) == 0);
	} else {
		fill_log(&m);
		mixed_abandon(&m);
	}
	base[which] = d;
	damage_init(&damage[which], d);
}

/* --- reading everything --------------------------------------------------- */

static int read_dir(struct rs_view *v, uint64_t ino)
{
	struct fs_entry e = { 0 };
	struct fs_dir *d;
	int err = fs_dir_open(v, ino, &d);

	if (err)
		return err;
	for (unsigned i = 0; !err && i < ENTRIES_MAX; i++)
		err = fs_dir_read(d, FS_SHOW_EXPIRED, e.next, &e);
	fs_dir_close(d);
	return err == -ENOENT ? 0 : err;
}

static int read_set(struct rs_view *v, uint64_t ino)
{
	struct bm_view *bv;
	size_t len = sizeof(piece);
	uint64_t off = 0;
	bool is;
	int err = bm_view_open(v, ino, &bv);

	if (err)
		return err;
	for (unsigned i = 0; !err && len == sizeof(piece) && i < PIECES_MAX;
	     i++, off += len)
		err = bm_read_text(bv, off, piece, sizeof(piece), &len);
	if (!err)
		err = bm_contains(bv, off, &is);
	bm_view_close(bv);
	return err;
}

static int read_region(struct rs_view *v, uint64_t ino)
{
	size_t len = sizeof(piece);
	int err = 0;

	for (unsigned i = 0; !err && len == sizeof(piece) && i < PIECES_MAX;
	     i++)
		err = rs_region_read(v, ino, (uint64_t)i * sizeof(piece), piece,
				     sizeof(piece), &len);
	return err;
}

static int read_xattrs(struct rs_view *v, uint64_t ino)
{
	static char names[8192];
	size_t len, n;
	int err = fs_xattr_list(v, ino, names, sizeof(names), &len);

	for (size_t at = 0; !err && at < len; at += strlen(names + at) + 1)
		err = fs_xattr_get(v, ino, names + at, piece, sizeof(piece),
				   &n);
	return err;
}

static int read_object(struct rs_view *v, uint64_t ino)
{
	char target[FS_SYMLINK_MAX + 1];
	struct fs_inode in;
	int err = fs_inode_get(v, ino, &in);

	if (!err)
		err = read_xattrs(v, ino);
	if (!err && in.obj.kind == RS_KIND_DIR)
		err = read_dir(v, ino);
	if (!err && in.obj.kind == RS_KIND_SET)
		err = read_set(v, ino);
	if (!err && in.obj.kind == RS_KIND_REGION)
		err = read_region(v, ino);
	if (!err && in.obj.kind == RS_KIND_SYMLINK)
		err = fs_readlink(v, &in, target);
	return err;
}

static void read_all(struct rs_view *v, bool sound)
{
	const uint8_t first[] = { RS_KEY_OBJECT };
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, first, sizeof(first));
	for (unsigned i = 0; !err && i < OBJECTS_MAX; i++) {
		uint64_t ino = 0;

		if (c.key[0] != RS_KEY_OBJECT)
			break;
		for (size_t k = 1; k < c.key_len && k < 9; k++)
			ino = ino << 8 | c.key[k];
		must(read_object(v, ino) == 0 || !sound);
		err = rs_cursor_next(&c);
	}
	must(err == 0 || err == -ENOENT || !sound);
	rs_cursor_finish(&c);
}

static void read_pasts(struct rs_store *s, bool sound)
{
	struct rs_snap *list;
	struct rs_view *v;
	size_t n;

	must(rs_view_live(s, &v) == 0);
	read_all(v, sound);
	rs_view_put(v);
	must(rs_snap_list(s, &list, &n) == 0);
	for (size_t i = 0; i < n; i++) {
		must(rs_view_snap(s, list[i].id, &v) == 0);
		read_all(v, sound);
		rs_view_put(v);
	}
	free(list);
}

static void on_finding(void *arg, const char *text)
{
	(void)arg;
	must(text[0] != '\0');
}

/* What waits is put in its place. */
static void settle(struct rs_store *s)
{
	struct err e = { 0 };
	struct bm_db *db;

	if (bm_open(s, NULL, &db, &e)) {
		must(e.msg[0] != '\0');
		return;
	}
	(void)!bm_settle_all(db);
	bm_close(db);
}

/* What it gives up is not looked at, but the new store is sound. */
static void salvage(struct disk *d)
{
	const struct rs_open_opts opts = { 0 };
	struct rs_check_result result = { 0 };
	struct fs_salvage sv = { .say = on_finding };
	struct disk *new = disk_new();
	struct rs_store *from, *to;
	struct rs_io *io = disk_io(d), *new_io;
	struct err e = { 0 };

	if (rs_salvage_open_io(io, on_finding, NULL, &from, &e) == 0) {
		new_io = disk_io(new);
		must(rs_create_io(new_io, NULL) == 0);
		must(rs_open_io(new_io, &opts, &to, NULL) == 0);
		if (fs_salvage(from, to, &sv) == 0)
			must(fs_check_store(to, on_finding, NULL, &result) ||
			     result.findings == 0);
		rs_abandon(to);
		rs_abandon(from);
	} else {
		must(e.msg[0] != '\0');
		io->ops->close(io);
	}
	disk_free(new);
}

static void change(struct rs_store *s)
{
	struct rs_check_result result = { 0 };
	int err = fs_check_store(s, on_finding, NULL, &result);

	read_pasts(s, !err && result.findings == 0);
	settle(s);
	flip_write(s);
	(void)!fs_reap_all(s);
	rs_close(s);
}

static void use(struct disk *d)
{
	const struct rs_open_opts opts = { .log_pages = RS_LOG_PAGES };
	struct rs_io *io = disk_io(d);
	struct err e = { 0 };
	struct rs_store *s;

	if (rs_open_io(io, &opts, &s, &e) == 0) {
		change(s);
	} else {
		must(e.msg[0] != '\0');
		io->ops->close(io);
	}
}

/* It may not come to a sound store, but then it says so. */
static void repair(struct disk *d, enum rs_repair_to to)
{
	struct fs_repair how = { .say = on_finding,
				 .to = to,
				 .snap = WHOLE_SNAP };
	const struct rs_open_opts opts = { 0 };
	struct rs_check_result result = { 0 };
	struct rs_io *io = disk_io(d);
	struct err e = { 0 };
	struct rs_store *s;
	int err = fs_repair_io(io, &how, &e);

	must(!err || e.msg[0] != '\0');
	if (!how.opened)
		io->ops->close(io);
	if (err || how.findings)
		return;
	must(rs_open_io(disk_io(d), &opts, &s, &e) == 0);
	must(fs_check_store(s, on_finding, NULL, &result) == 0);
	must(result.findings == 0);
	read_pasts(s, true);
	rs_abandon(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned how = size ? data[0] : 0, which = how & 1;
	struct disk *d;

	if (!base[which])
		make_base(which);
	d = disk_copy(base[which]);
	if (size)
		damage_apply(&damage[which], d, data + 1, size - 1);
	if (how & 2)
		salvage(d);
	else if (how & 4)
		repair(d, how & 16  ? RS_REPAIR_SNAPSHOT
			  : how & 8 ? RS_REPAIR_NEWEST
				    : RS_REPAIR_AUTO);
	else
		use(d);
	disk_free(d);
	return 0;
}
