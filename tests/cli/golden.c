/* SPDX-License-Identifier: Apache-2.0 */
/* golden.c - stores of this version of the format, to be kept for ever.
 *
 *	golden make DIRECTORY      write them, as scripts/golden does
 *	golden list STORE          what is in one, a line for each file
 *	golden hex STORE           its header, newest superblock and data root
 *
 * A list has no inode numbers and no hashes of anything but content, so that
 * later versions print the same for what has not changed.
 */
#include "regionstore/base/hash.h"
#include "regionstore/format.h"
#include "tests/support/ace.h"
#include "tests/support/facts.h"
#include "tests/support/test.h"
#include "tests/support/whole_store.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void must(int err)
{
	assert_int_equal(err, 0);
}

/* --- make ----------------------------------------------------------------- */

static void make_nothing(struct mixed *m)
{
	(void)m;
}

static uint64_t find(struct mixed *m, uint64_t from, const char *path)
{
	enum rs_kind kind;
	struct rs_view *v;
	uint64_t ino;

	must(rs_view_live(m->store, &v));
	must(fs_resolve(v, FS_SHOW_EXPIRED, from, path, &ino, &kind));
	rs_view_put(v);
	return ino;
}

static void add_range(struct mixed *m, uint64_t lo, uint64_t hi)
{
	struct bm_batch b;

	bm_batch_init(&b);
	must(bm_batch_range(&b, lo, hi, BM_ADD));
	must(bm_append(m->db, find(m, FS_INO_BITMAPS, "p32"), &b, 77));
	bm_batch_finish(&b);
}

/* As a power cut leaves it: a manifest, lines that wait, an orphan. */
static void make_unclean(struct mixed *m)
{
	whole_fill(m);
	add_range(m, 500000, 500100);
	must(rs_sync(m->store));
}

/* A file of that many pages. */
static void make_file(struct mixed *m, const char *name, size_t pages)
{
	static const uint8_t data[3 * RS_PAGE_SIZE] = { 1, 2, 3 };
	const struct fs_new n = { .mode = 0100640, .now_ns = 8 };
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;

	must(rs_write_prepare(m->store, 0, data, pages * RS_PAGE_SIZE, &w));
	must(rs_txn_begin(m->store, &t));
	must(fs_make(t, FS_INO_REGIONS, name, &n, &in));
	must(rs_write_apply(t, in.ino, &in.obj, w));
	must(fs_inode_put(t, &in));
	must(rs_txn_end(t));
	rs_write_drop(w);
}

/* As a power cut leaves it that came after records of the log. */
static void make_logged(struct mixed *m)
{
	struct rs_stats was, now;

	whole_fill(m);
	mixed_commit_again(m->store);
	rs_stats(m->store, &was);
	make_file(m, "one", 1);
	must(rs_sync(m->store));
	add_range(m, 600000, 600002);
	add_range(m, 600002, 600100);
	must(rs_sync(m->store));
	make_file(m, "three", 3);
	add_range(m, 700000, 700000);
	must(rs_sync(m->store));
	rs_stats(m->store, &now);
	assert_int_equal(now.commits, was.commits);
	assert_int_equal(now.log_writes, was.log_writes + 3);
}

static void save(const struct disk *d, const char *dir, const char *name)
{
	char path[4096];
	int fd;

	snprintf(path, sizeof(path), "%s/%s.store", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
	assert_true(fd >= 0);
	must(ftruncate(fd, (off_t)d->size));
	for (uint64_t at = 0; at < d->size; at += RS_PAGE_SIZE)
		if (d->written[at / RS_PAGE_SIZE])
			assert_int_equal(pwrite(fd, d->mem + at, RS_PAGE_SIZE,
						(off_t)at),
					 RS_PAGE_SIZE);
	must(close(fd));
}

/* See mixed_log_pages(). */
static void use_log(bool use)
{
	must(setenv("LOG_PAGES", use ? "128" : "0", 1));
}

static void make_one(const char *dir, const char *name,
		     void (*fill)(struct mixed *m), bool clean)
{
	struct disk *d = disk_new();
	struct mixed m;

	use_log(fill == make_logged);
	mixed_format(disk_io(d));
	mixed_open(&m, disk_io(d), 1);
	fill(&m);
	if (clean) {
		bm_close(m.db);
		must(rs_close(m.store));
	} else {
		mixed_abandon(&m);
	}
	save(d, dir, name);
	disk_free(d);
}

static void make(const char *dir)
{
	struct crash_base base;

	make_one(dir, "empty", make_nothing, true);
	make_one(dir, "whole", whole_fill, true);
	make_one(dir, "unclean", make_unclean, false);
	ace_base_make(&base);
	save(base.disk, dir, "names");
	ace_base_finish(&base);
	make_one(dir, "logged", make_logged, false);
}

/* --- list ----------------------------------------------------------------- */

static void print_one(struct rs_view *v, const char *tree, const char *path)
{
	struct fact f = { .kind = FACT_CONTENT }, got;
	enum rs_kind kind = RS_KIND_DIR;
	uint64_t ino = FS_INO_ROOT;
	struct fs_inode in;
	struct stat st;

	if (*path)
		must(fs_resolve(v, FS_SHOW_EXPIRED, FS_INO_ROOT, path, &ino,
				&kind));
	must(fs_inode_get(v, ino, &in));
	must(fs_inode_stat(&in, &st));
	snprintf(f.path, sizeof(f.path), "%s", path);
	got = fact_again(v, &f);
	must(got.err);
	printf("%s/%s %o %u %u:%u %lld %lld %016llx\n", tree, path, st.st_mode,
	       (unsigned)st.st_nlink, st.st_uid, st.st_gid,
	       (long long)st.st_size, (long long)in.attr.mtime_ns,
	       (unsigned long long)got.hash);
}

static void list_view(struct rs_view *v, const char *tree)
{
	struct facts fs;

	facts_read(v, &fs);
	must(fs.err);
	for (size_t i = 0; i < fs.n; i += FACT_KINDS)
		print_one(v, tree, fs.f[i].path);
	facts_finish(&fs);
}

static void list_snaps(struct rs_store *s)
{
	struct rs_snap *snaps;
	struct rs_view *v;
	size_t n;

	must(rs_snap_list(s, &snaps, &n));
	for (size_t i = 0; i < n; i++) {
		must(rs_view_snap(s, snaps[i].id, &v));
		list_view(v, snaps[i].name);
		rs_view_put(v);
	}
	free(snaps);
}

static void list(const char *path)
{
	const struct rs_open_opts opts = { 0 };
	const struct bm_hooks hooks = { .changed = fs_attr_changed };
	struct err e = { 0 };
	struct rs_store *s;
	struct bm_db *db;
	struct rs_view *v;

	if (rs_open(path, &opts, &s, &e)) {
		fprintf(stderr, "%s: %s\n", path, e.msg);
		exit(1);
	}
	must(bm_open(s, &hooks, &db, &e));
	must(bm_settle_all(db));
	must(rs_view_live(s, &v));
	list_view(v, "");
	rs_view_put(v);
	list_snaps(s);
	bm_close(db);
	must(rs_close(s));
}

/* --- hex ------------------------------------------------------------------ */

static uint8_t page[RS_PAGE_SIZE];

static void read_page(int fd, uint64_t pgno)
{
	assert_int_equal(
		pread(fd, page, sizeof(page), (off_t)(pgno * RS_PAGE_SIZE)),
		(ssize_t)sizeof(page));
}

/* Lines of 16 bytes; the text stands beside the first. */
static void row(uint64_t pgno, size_t at, size_t len, const char *text)
{
	for (size_t i = 0; i < len; i += 16) {
		size_t n = len - i < 16 ? len - i : 16;
		unsigned long long off = pgno * RS_PAGE_SIZE + at + i;

		printf("%08llx ", off);
		for (size_t k = 0; k < n; k++)
			printf(" %02x", page[at + i + k]);
		if (i)
			putchar('\n');
		else
			printf("%*s%s\n", (int)(3 * (16 - n) + 2), "", text);
	}
}

#define ROW(pgno, type, field)                  \
	row(pgno, offsetof(struct type, field), \
	    sizeof(((struct type *)0)->field), #field)

static void hex_header(int fd)
{
	read_page(fd, 0);
	ROW(0, rs_disk_header, magic);
	ROW(0, rs_disk_header, major);
	ROW(0, rs_disk_header, page_shift);
	ROW(0, rs_disk_header, group_pages);
	ROW(0, rs_disk_header, reserved);
	ROW(0, rs_disk_header, uuid);
	ROW(0, rs_disk_header, hash_seed);
	ROW(0, rs_disk_header, created_ns);
	ROW(0, rs_disk_header, incompat);
	ROW(0, rs_disk_header, ro_compat);
	ROW(0, rs_disk_header, compat);
	ROW(0, rs_disk_header, check);
}

static void hex_counters(uint64_t slot)
{
	ROW(slot, rs_disk_super, file_pages);
	ROW(slot, rs_disk_super, next_id);
	ROW(slot, rs_disk_super, next_snap_id);
	ROW(slot, rs_disk_super, wall_ns);
	ROW(slot, rs_disk_super, hybrid_clock);
	ROW(slot, rs_disk_super, used_pages);
	ROW(slot, rs_disk_super, pinned_pages);
	ROW(slot, rs_disk_super, commit_pages);
	ROW(slot, rs_disk_super, log_epoch);
	ROW(slot, rs_disk_super, log_seed);
	ROW(slot, rs_disk_super, check);
}

static void hex_spans(uint64_t slot)
{
	size_t at = sizeof(struct rs_disk_super);
	struct rs_disk_span span;

	for (; at + sizeof(span) <= RS_PAGE_SIZE; at += sizeof(span)) {
		memcpy(&span, page + at, sizeof(span));
		if (le16_get(span.npages) == 0)
			break;
		row(slot, at, sizeof(span), "manifest: pgno, npages, csum");
	}
}

/* Returns the page of the data root. */
static uint64_t hex_super(int fd)
{
	struct rs_disk_super d[2];
	struct rs_ptr root;
	uint64_t slot;

	for (unsigned i = 0; i < 2; i++) {
		read_page(fd, RS_SLOT_SUPER + i);
		memcpy(&d[i], page, sizeof(d[i]));
	}
	slot = RS_SLOT_SUPER + (le64_get(d[1].txid) > le64_get(d[0].txid));
	read_page(fd, slot);
	ROW(slot, rs_disk_super, magic);
	ROW(slot, rs_disk_super, txid);
	ROW(slot, rs_disk_super, flags);
	ROW(slot, rs_disk_super, uuid);
	ROW(slot, rs_disk_super, incompat);
	ROW(slot, rs_disk_super, ro_compat);
	ROW(slot, rs_disk_super, compat);
	ROW(slot, rs_disk_super, data_root);
	ROW(slot, rs_disk_super, data_count);
	ROW(slot, rs_disk_super, data_weight);
	ROW(slot, rs_disk_super, sys_root);
	ROW(slot, rs_disk_super, sys_count);
	ROW(slot, rs_disk_super, sys_weight);
	hex_counters(slot);
	hex_spans(slot);
	rs_ptr_decode((const uint8_t *)&d[slot - 1].data_root, &root);
	return root.pgno;
}

static void hex_entry(uint64_t pgno, size_t at, unsigned nth)
{
	struct rs_disk_entry e;
	char text[64];

	memcpy(&e, page + at, sizeof(e));
	snprintf(text, sizeof(text), "entry %u: key_len, val_len, weight_len",
		 nth);
	row(pgno, at, sizeof(e), text);
	at += sizeof(e);
	if (e.weight_len)
		row(pgno, at, e.weight_len, "weight");
	at += e.weight_len;
	row(pgno, at, le16_get(e.key_len), "key");
	row(pgno, at + le16_get(e.key_len), le16_get(e.val_len), "value");
}

static void hex_leaf(int fd, uint64_t pgno)
{
	struct rs_disk_node d;
	struct le16 slot;

	read_page(fd, pgno);
	memcpy(&d, page, sizeof(d));
	ROW(pgno, rs_disk_node, magic);
	ROW(pgno, rs_disk_node, type);
	ROW(pgno, rs_disk_node, level);
	ROW(pgno, rs_disk_node, tree_id);
	ROW(pgno, rs_disk_node, reserved);
	ROW(pgno, rs_disk_node, count);
	ROW(pgno, rs_disk_node, prefix_len);
	ROW(pgno, rs_disk_node, heap);
	ROW(pgno, rs_disk_node, garbage);
	ROW(pgno, rs_disk_node, reserved2);
	ROW(pgno, rs_disk_node, pgno);
	ROW(pgno, rs_disk_node, birth);
	row(pgno, sizeof(d), (size_t)2 * le16_get(d.count), "slots");
	for (unsigned i = 0; i < le16_get(d.count); i++) {
		memcpy(&slot, page + sizeof(d) + (size_t)2 * i, sizeof(slot));
		hex_entry(pgno, le16_get(slot), i);
	}
}

static void hex(const char *path)
{
	int fd = open(path, O_RDONLY);
	uint64_t root;

	assert_true(fd >= 0);
	hex_header(fd);
	putchar('\n');
	root = hex_super(fd);
	putchar('\n');
	hex_leaf(fd, root);
	must(close(fd));
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "make") == 0)
		make(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "list") == 0)
		list(argv[2]);
	else if (argc == 3 && strcmp(argv[1], "hex") == 0)
		hex(argv[2]);
	else
		return 2;
	return 0;
}
