/* SPDX-License-Identifier: Apache-2.0 */
/* flip_write.c - see flip_write.h.
 *
 * If the store were wrong about which numbers are new or which pages are free,
 * this would overwrite something.
 */
#include "tests/support/flip_write.h"

#include "fs/ns.h"

#include <sys/stat.h>

#define ROUNDS 3u
#define FILES  4u /* a round */

#define SMALL 20000u
#define LARGE (1u << 20)

static uint8_t data[LARGE];

/* A file without a name, some of it on pages. */
static int make(struct rs_store *s, size_t len, uint64_t *ret_ino)
{
	const struct fs_new new = { .mode = S_IFREG | 0600, .now_ns = 9 };
	struct fs_inode in;
	struct rs_write *w;
	struct rs_txn *t;
	int err = rs_write_prepare(s, 0, data, len, &w);

	if (err)
		return err;
	err = rs_txn_begin(s, &t);
	if (!err) {
		err = fs_make_unnamed(t, FS_INO_REGIONS, &new, &in);
		if (!err)
			err = rs_write_apply(t, in.ino, &in.obj, w);
		if (!err)
			err = fs_inode_put(t, &in);
		if (err)
			rs_txn_abort(t);
		else
			err = rs_txn_end(t);
	}
	rs_write_drop(w);
	if (!err)
		*ret_ino = in.ino;
	return err;
}

static int reap(struct rs_store *s, uint64_t ino)
{
	bool done = false;
	int err = 0;

	while (!err && !done) {
		struct rs_txn *t;

		err = rs_txn_begin(s, &t);
		if (err)
			break;
		err = fs_reap(t, ino, &done);
		if (err)
			rs_txn_abort(t);
		else
			err = rs_txn_end(t);
	}
	return err;
}

static void fill_data(void)
{
	for (size_t i = 0; i < sizeof(data); i++)
		data[i] = 0xee;
}

void flip_write(struct rs_store *s)
{
	uint64_t ino[FILES];
	int err = 0;

	fill_data();
	for (unsigned round = 0; !err && round < ROUNDS; round++) {
		for (unsigned i = 0; !err && i < FILES; i++)
			err = make(s, SMALL, &ino[i]);
		if (!err)
			err = rs_sync(s);
		for (unsigned i = 0; !err && i < FILES; i++)
			err = reap(s, ino[i]);
		if (!err)
			err = rs_sync(s);
	}
}

void flip_fill(struct rs_store *s)
{
	uint64_t ino;

	fill_data();
	for (size_t len = LARGE; len >= RS_PAGE_SIZE; len /= 4)
		while (make(s, len, &ino) == 0)
			;
	(void)!rs_sync(s);
}
