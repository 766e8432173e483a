/* SPDX-License-Identifier: Apache-2.0 */
/* scratch.c - an open scratch file that became a set. */

#include "fs/scratch.h"

#include <stdio.h>

static int read_view(struct rs_view *v, uint64_t ino, uint64_t off, char *buf,
		     size_t len, size_t *ret_len)
{
	struct bm_view *set;
	struct bm_file *f;
	int err;

	err = bm_view_open(v, ino, &set);
	if (err)
		return err;
	err = bm_file_open(set, BM_FORMAT_TEXT, &f);
	if (!err) {
		err = bm_file_read(f, off, buf, len, ret_len);
		bm_file_close(f);
	}
	bm_view_close(set);
	return err;
}

int fs_scratch_read(struct fs *fs, uint64_t ino, uint64_t off, char *buf,
		    size_t len, size_t *ret_len)
{
	struct rs_view *v;
	int err;

	err = bm_settle(fs->db, ino);
	if (err)
		return err;
	err = rs_view_live(fs->store, &v);
	if (err)
		return err;
	err = read_view(v, ino, off, buf, len, ret_len);
	rs_view_put(v);
	return err;
}

void fs_scratch_refused(struct fs *fs, uint64_t ino, const struct fs_io *io,
			const char *what, uint64_t at)
{
	char path[FS_PATH_MAX] = "-", text[64];
	struct rs_view *v;

	if (!rs_view_live(fs->store, &v)) {
		fs_paths_find(&fs->paths, v, ino, path);
		rs_view_put(v);
	}
	snprintf(text, sizeof(text), "%s %llu", what, (unsigned long long)at);
	fs_errlog_add(&fs->errlog,
		      &(struct fs_err_line){
			      .when_ns = fs_now_ns(),
			      .pid = io->pid,
			      .path = path,
			      .text = text,
			      .reason = "it was renamed and is a set now: "
					"open it again, under that name",
		      });
}
