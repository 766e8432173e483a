/* SPDX-License-Identifier: Apache-2.0 */
/* ns_path.c - from a number back to a path, for messages.
 *
 * A directory knows its parent, so its name is among the entries there. A
 * file knows nothing: all entries are searched. Messages are rare.
 */
#include "fs/ns_check.h"

#define DEPTH_MAX 4096u

/* Components come last one first, so the path grows down from the end. */
struct path {
	char *buf;
	size_t start; /* of the path inside buf */
	bool full;    /* what is there is only the end of it */
};

static void prepend(struct path *p, const uint8_t *name, size_t len)
{
	p->full = len + 1 > p->start;
	if (p->full)
		return;
	for (size_t i = len; i-- > 0;)
		p->buf[--p->start] =
			name[i] >= ' ' && name[i] < 0x7f ? (char)name[i] : '?';
	p->buf[--p->start] = '/';
}

/* The first entry that leads to ino, among so many of dir or, with dir 0, of
 * all directories. */
static int find_entry(uint64_t dir, uint64_t ino, uint64_t most,
		      struct rs_cursor *c)
{
	struct fs_key k = fs_key_first(RS_KEY_ENTRY, dir);
	int err = rs_cursor_seek(c, k.b, k.len);

	for (; err == 0 && most; err = rs_cursor_next(c), most--) {
		struct fs_target target;

		if (c->key_len <= FS_KEY_HEAD || c->key[0] != RS_KEY_ENTRY ||
		    (dir && !fs_key_below(c, RS_KEY_ENTRY, dir)))
			return -ENOENT;
		if (fs_target_decode(c->val, c->val_len, &target) == 0 &&
		    target.ino == ino)
			return 0;
	}
	return err ? err : -ENOENT;
}

int fs_inode_entry(const struct rs_view *v, uint64_t ino, uint64_t most,
		   char name[FS_NAME_MAX + 1], uint64_t *ret_parent)
{
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = find_entry(0, ino, most, &c);
	if (!err && c.key_len - FS_KEY_HEAD > FS_NAME_MAX)
		err = -EUCLEAN;
	if (!err) {
		memcpy(name, c.key + FS_KEY_HEAD, c.key_len - FS_KEY_HEAD);
		name[c.key_len - FS_KEY_HEAD] = 0;
		*ret_parent = be64_get(c.key + 1);
	}
	rs_cursor_finish(&c);
	return err;
}

/* Put the name of ino in front and go to its parent. */
static int climb(const struct rs_view *v, struct path *p, uint64_t *ino)
{
	struct fs_inode in;
	struct rs_cursor c;
	uint64_t dir = 0;
	int err;

	if (fs_inode_get(v, *ino, &in) == 0)
		dir = in.attr.parent;
	rs_cursor_init(&c, v);
	err = find_entry(dir, *ino, UINT64_MAX, &c);
	if (err == 0) {
		prepend(p, c.key + FS_KEY_HEAD, c.key_len - FS_KEY_HEAD);
		*ino = be64_get(c.key + 1);
	}
	rs_cursor_finish(&c);
	return err;
}

void fs_inode_path(const struct rs_view *v, uint64_t ino, char *buf, size_t cap)
{
	struct path p = { .buf = buf, .start = cap - 1 };
	size_t len;

	buf[cap - 1] = '\0';
	for (unsigned i = 0; i < DEPTH_MAX && ino != FS_INO_ROOT && !p.full;
	     i++)
		if (climb(v, &p, &ino) < 0)
			break;
	if (p.start < cap - 1 && buf[p.start] == '/')
		p.start++;
	len = cap - p.start;
	memmove(buf, buf + p.start, len);
}
