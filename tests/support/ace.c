/* SPDX-License-Identifier: Apache-2.0 */
/* ace.c - the table of ops, and the store they begin with. */
#include "tests/support/ace_priv.h"
#include "tests/support/facts.h"
#include "tests/support/test.h"

#include <string.h>
#include <sys/stat.h>

const struct ace_op ace_ops[] = {
	{ "set append", ace_set_append },
	{ "set append much", ace_set_append_much },
	{ "set remove", ace_set_remove },
	{ "set range", ace_set_range },
	{ "set small", ace_set_small },
	{ "set truncate", ace_set_truncate },
	{ "set replace", ace_set_replace },
	{ "set replace much", ace_set_replace_much },
	{ "set copy", ace_set_copy },
	{ "set settle", ace_set_settle },
	{ "region write inline", ace_region_inline },
	{ "region overwrite", ace_region_overwrite },
	{ "region append", ace_region_append },
	{ "region outgrow inline", ace_region_grow_inline },
	{ "region write sparse", ace_region_sparse },
	{ "region punch", ace_region_punch },
	{ "region truncate", ace_region_truncate },
	{ "region extend", ace_region_extend },
	{ "region truncate to 0", ace_region_empty },
	{ "create set", ace_create_set },
	{ "create region", ace_create_region },
	{ "create scratch", ace_create_scratch },
	{ "mkdir", ace_mkdir },
	{ "mkdir for sets", ace_mkdir_sets },
	{ "symlink", ace_symlink },
	{ "mkfifo", ace_fifo },
	{ "link", ace_link },
	{ "tmpfile", ace_tmpfile },
	{ "unlink region", ace_unlink_region },
	{ "unlink link", ace_unlink_link },
	{ "unlink set", ace_unlink_set },
	{ "rmdir", ace_rmdir },
	{ "reap", ace_reap },
	{ "rename", ace_rename_new },
	{ "rename over", ace_rename_over },
	{ "rename exchange", ace_rename_exchange },
	{ "rename noreplace", ace_rename_noreplace },
	{ "rename directory", ace_rename_dir },
	{ "rename set over", ace_rename_set_over },
	{ "rename scratch", ace_rename_scratch },
	{ "rename scratch over", ace_rename_scratch_over },
	{ "xattr set", ace_xattr_set },
	{ "xattr set long", ace_xattr_long },
	{ "xattr remove", ace_xattr_remove },
	{ "chmod", ace_chmod },
	{ "utimens", ace_utimens },
	{ "expire", ace_expire },
	{ "expire name", ace_expire_name },
	{ "snapshot create", ace_snap_create },
	{ "snapshot rename", ace_snap_rename },
	{ "snapshot drop", ace_snap_drop },
	{ "sync", ace_sync },
	{ "settle all", ace_settle_all },
	{ "compact", ace_compact },
	{ "reopen", ace_reopen },
};
const size_t ace_n_ops = sizeof(ace_ops) / sizeof(ace_ops[0]);

int ace_do(struct crash_run *r, size_t i)
{
	uint64_t before = fault_ops(r->fault);
	struct mixed_done done = { .snaps = UINT64_MAX };

	r->kept = crash_run_kept(r);
	r->m.now++;
	done.err = ace_ops[i].run(r, &done);
	if (done.snaps == UINT64_MAX) /* the op did not say */
		done.snaps = mixed_snaps(&r->m);
	crash_run_note(r, before, &done);
	return done.err;
}

/* --- the store ------------------------------------------------------------ */

static void must(int err)
{
	assert_int_equal(err, 0);
}

static void fill_sets(struct mixed *m)
{
	const struct ace_lines many = { 7, 600, 3, 211, BM_ADD };
	const struct ace_lines few = { 3, 20, 1, 1000, BM_ADD };

	must(ace_make_at(m, "bitmaps", "s", S_IFREG | 0644));
	must(ace_make_at(m, "bitmaps", "t", S_IFREG | 0644));
	must(ace_make_at(m, "bitmaps", "d", S_IFDIR | 0755));
	must(ace_make_at(m, "bitmaps/d", "x", S_IFREG | 0644));
	must(ace_make_at(m, "bitmaps", ".f", S_IFREG | 0600));
	must(ace_append(m, "bitmaps/s", &many));
	must(ace_append(m, "bitmaps/t", &few));
	must(ace_append(m, "bitmaps/d/x", &few));
	must(bm_settle_all(m->db));
}

static void fill_regions(struct mixed *m)
{
	uint64_t ino;

	must(ace_make_at(m, "regions", "r", S_IFREG | 0644));
	must(ace_make_at(m, "regions", "q", S_IFREG | 0600));
	must(ace_make_at(m, "regions", "d", S_IFDIR | 0755));
	must(ace_make_at(m, "regions/d", "x", S_IFREG | 0644));
	must(ace_make_at(m, "regions", "e", S_IFDIR | 0755));
	must(ace_make_at(m, "regions", "l", S_IFLNK | 0777));
	must(ace_find(m, "regions/r", &ino));
	must(ace_write(m, "regions/r", 0, 500));
	must(ace_write(m, "regions/q", 100, 9000));
	must(ace_write(m, "regions/q", 300000, 5000));
	must(ace_xattr(m, "regions/r", "user.x", 20));
}

static void link_r(struct mixed *m)
{
	struct fs_inode in;
	struct rs_txn *t;
	uint64_t ino;

	must(ace_find(m, "regions/r", &ino));
	must(rs_txn_begin(m->store, &t));
	must(mixed_end(m, t,
		       fs_link(t, ino, FS_INO_REGIONS, "h", m->now, &in)));
}

/* Some of it changes after the snapshot, so that pages are pinned. */
static void take_snapshot(struct mixed *m)
{
	const struct ace_lines more = { 50000, 30, 2, 300, BM_ADD };
	struct rs_view *v;

	strcpy(m->snaps[0].name, "s0");
	must(rs_snap_create(m->store, "s0", NULL));
	v = mixed_live(m);
	must(view_digest(v, &m->snaps[0].digest));
	rs_view_put(v);
	must(ace_append(m, "bitmaps/s", &more));
	must(bm_settle_all(m->db));
	must(ace_write(m, "regions/q", 4096, 3000));
}

void ace_base_make(struct crash_base *ret_base)
{
	struct mixed m;

	*ret_base = (struct crash_base){ .disk = disk_new() };
	ret_base->disk->cap = (uint64_t)64 << 20;
	mixed_format(disk_io(ret_base->disk));
	mixed_open(&m, disk_io(ret_base->disk), 1);
	fill_sets(&m);
	fill_regions(&m);
	link_r(&m);
	take_snapshot(&m);
	memcpy(ret_base->snaps, m.snaps, sizeof(m.snaps));
	must(mixed_sync(&m));
	mixed_commit_again(m.store);
	bm_close(m.db);
	must(rs_close(m.store));
}

void ace_base_finish(struct crash_base *base)
{
	disk_free(base->disk);
}
