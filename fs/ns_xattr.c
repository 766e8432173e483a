/* SPDX-License-Identifier: Apache-2.0 */
/* ns_xattr.c - extended attributes: (0x12, ino, name) -> blob.
 *
 * Any name and up to 64 KiB, as the kernel allows. Which names a user may
 * use, and that a change moves ctime, is the caller's to know.
 */
#include <sys/xattr.h>

#include "fs/ns_entry.h"

#define VALUE_MAX  65536u /* the kernel's XATTR_SIZE_MAX */
#define INLINE_MAX (RS_VAL_MAX - 1)

static int check_name(const char *name)
{
	size_t len = strlen(name);

	return len == 0 || len > FS_NAME_MAX ? -ERANGE : 0;
}

struct value {
	size_t len;
	uint8_t b[RS_VAL_MAX];
};

/* -ENODATA when there is none. */
static int load(const struct rs_view *v, const struct fs_key *k,
		struct value *ret_val)
{
	int err = rs_get(v, k->b, k->len, ret_val->b, sizeof(ret_val->b),
			 &ret_val->len, NULL);

	return err == -ENOENT ? -ENODATA : err;
}

int fs_xattr_get(const struct rs_view *v, uint64_t ino, const char *name,
		 void *buf, size_t cap, size_t *ret_len)
{
	struct value val;
	struct fs_key k;
	size_t len = 0;
	int err = check_name(name);

	if (err < 0)
		return err;
	k = fs_key_name(RS_KEY_XATTR, ino, name);
	err = load(v, &k, &val);
	if (err == 0)
		err = fs_blob_len(val.b, val.len, &len);
	if (err < 0)
		return err;
	if (cap > 0 && len > cap)
		return -ERANGE;
	if (cap > 0)
		err = fs_blob_get(v, val.b, val.len, buf);
	if (err == 0)
		*ret_len = len;
	return err;
}

/* Free what the attribute holds beside its record; -ENODATA. */
static int free_value(struct rs_txn *t, const struct fs_key *k)
{
	struct value old;
	int err = load(rs_txn_view(t), k, &old);

	return err < 0 ? err : fs_blob_free(t, old.b, old.len);
}

int fs_xattr_set(struct rs_txn *t, uint64_t ino, const char *name,
		 const void *val, size_t len, int flags)
{
	struct value new;
	struct fs_key k;
	bool exists;
	int err = check_name(name);

	if (err < 0)
		return err;
	if (len > VALUE_MAX)
		return -E2BIG;
	k = fs_key_name(RS_KEY_XATTR, ino, name);
	err = free_value(t, &k);
	if (err < 0 && err != -ENODATA)
		return err;
	exists = err == 0;
	if (exists && (flags & XATTR_CREATE))
		return -EEXIST;
	if (!exists && (flags & XATTR_REPLACE))
		return -ENODATA;
	err = fs_blob_put(t, val, len, INLINE_MAX, new.b, &new.len);
	return err < 0 ? err : rs_put(t, k.b, k.len, new.b, new.len, 0);
}

int fs_xattr_remove(struct rs_txn *t, uint64_t ino, const char *name)
{
	struct fs_key k;
	int err = check_name(name);

	if (err < 0)
		return err;
	k = fs_key_name(RS_KEY_XATTR, ino, name);
	err = free_value(t, &k);
	return err < 0 ? err : rs_del(t, k.b, k.len);
}

/* The names in key order; counts on when buf is full. */
static int collect(struct rs_cursor *c, uint64_t ino, char *buf, size_t cap,
		   size_t *ret_len)
{
	struct fs_key k = fs_key_first(RS_KEY_XATTR, ino);
	int err = rs_cursor_seek(c, k.b, k.len);
	size_t need = 0;

	for (; err == 0 && fs_key_below(c, RS_KEY_XATTR, ino);
	     err = rs_cursor_next(c)) {
		size_t n = c->key_len - FS_KEY_HEAD;

		if (need + n + 1 <= cap) {
			memcpy(buf + need, c->key + FS_KEY_HEAD, n);
			buf[need + n] = '\0';
		}
		need += n + 1;
	}
	if (err < 0 && err != -ENOENT)
		return err;
	*ret_len = need;
	return 0;
}

int fs_xattr_list(const struct rs_view *v, uint64_t ino, char *buf, size_t cap,
		  size_t *ret_len)
{
	struct rs_cursor c;
	size_t need;
	int err;

	rs_cursor_init(&c, v);
	err = collect(&c, ino, buf, cap, &need);
	rs_cursor_finish(&c);
	if (err < 0)
		return err;
	if (cap > 0 && need > cap)
		return -ERANGE;
	*ret_len = need;
	return 0;
}
