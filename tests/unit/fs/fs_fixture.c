/* SPDX-License-Identifier: Apache-2.0 */
/* fs_fixture.c - see fs_fixture.h. */
#include "tests/unit/fs/fs_fixture.h"

#define TEXT_MAX 4096u

int fsf_setup(void **state)
{
	struct rs_store *store = mem_store_new();
	struct fs *fs = malloc(sizeof(*fs));

	assert_non_null(fs);
	assert_int_equal(fs_format(store, 0, 0, 1), 0);
	assert_int_equal(fs_init(fs, store, NULL), 0);
	*state = fs;
	return 0;
}

int fsf_teardown(void **state)
{
	struct fs *fs = *state;
	struct rs_store *store = fs->store;

	fs_finish(fs);
	mem_store_free(store);
	free(fs);
	return 0;
}

uint64_t fsf_make(struct fs *fs, uint64_t dir, const char *name, uint32_t mode)
{
	struct fs_new n = { .mode = mode, .now_ns = 5 };
	struct fs_inode in;
	struct rs_txn *t;

	assert_int_equal(rs_txn_begin(fs->store, &t), 0);
	assert_int_equal(fs_make(t, dir, name, &n, &in), 0);
	assert_int_equal(rs_txn_end(t), 0);
	fs_paths_note(&fs->paths, dir, name, in.ino);
	return in.ino;
}

uint64_t fsf_set(struct fs *fs, const char *name)
{
	return fsf_make(fs, FS_INO_BITMAPS, name, S_IFREG | 0644);
}

int fsf_unlink(struct fs *fs, uint64_t dir, const char *name)
{
	uint64_t orphan = 0;
	struct rs_txn *t;
	int err;

	assert_int_equal(rs_txn_begin(fs->store, &t), 0);
	err = fs_unlink(t, dir, name, 6, &orphan);
	if (err) {
		rs_txn_abort(t);
		return err;
	}
	assert_int_equal(rs_txn_end(t), 0);
	fs_orphan(fs, orphan);
	return 0;
}

bool fsf_exists(struct fs *fs, uint64_t ino)
{
	struct fs_inode in;

	return fs_node_get(fs, ino, &in) == 0;
}

int64_t fsf_mtime(struct fs *fs, uint64_t ino)
{
	struct fs_inode in;

	assert_int_equal(fs_node_get(fs, ino, &in), 0);
	return in.attr.mtime_ns;
}

char *fsf_errors(struct fs *fs)
{
	char *text;
	size_t len;

	assert_int_equal(fs_errlog_text(&fs->errlog, &text, &len), 0);
	text[len] = 0;
	return text;
}

struct fs_session *fsf_open(struct fs *fs, uint64_t ino, int flags)
{
	struct fs_session *s;

	assert_int_equal(fs_opens_get(&fs->opens, ino), 0);
	assert_int_equal(fs_session_open(fs, ino, flags, &s), 0);
	return s;
}

void fsf_close(struct fs *fs, uint64_t ino, struct fs_session *s)
{
	fs_session_close(s);
	if (fs_opens_put(&fs->opens, ino))
		fs_reap_later(fs, ino);
}

int fsf_write(struct fs_session *s, int who, uint64_t off, const char *text)
{
	struct fs_io io = { .owner = (uint64_t)who, .pid = who };

	return fs_session_write(s, &io, off, text, strlen(text));
}

int fsf_append(struct fs_session *s, int who, const char *text)
{
	struct fs_io io = { .owner = (uint64_t)who,
			    .pid = who,
			    .append = true };

	return fs_session_write(s, &io, 0, text, strlen(text));
}

int fsf_flush(struct fs_session *s, int who)
{
	struct fs_io io = { .owner = (uint64_t)who, .pid = who };

	return fs_session_flush(s, &io);
}

int fsf_truncate(struct fs_session *s, uint64_t size)
{
	struct fs_io io = { .pid = ALICE };

	return fs_session_truncate(s, &io, size);
}

const char *fsf_read(struct fs_session *s)
{
	static char text[TEXT_MAX];
	size_t len;

	assert_int_equal(fs_session_read(s, 0, text, TEXT_MAX - 1, &len), 0);
	text[len] = 0;
	return text;
}

const char *fsf_text(struct fs *fs, uint64_t ino)
{
	struct fs_session *s = fsf_open(fs, ino, O_RDONLY);
	const char *text = fsf_read(s);

	fsf_close(fs, ino, s);
	return text;
}
