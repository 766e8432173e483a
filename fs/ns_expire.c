/* SPDX-License-Identifier: Apache-2.0 */
/* ns_expire.c - files that go by themselves.
 *
 *	attributes of the object    expires_ms, and the ttl as it was set
 *	(0x30, ms, ino) -> nothing  the same, in the order of time
 *
 * Nothing happens at the instant itself: from then on whoever follows a name
 * sees that its time is over and says that there is none. So a file is gone
 * for everybody at once, whether there is one that expires or a million, and
 * the clock is all that two readers have to agree on. The index is for those
 * who clean up (ns_sweep.c) and for who asks when something goes next.
 *
 * The object expires, with all its names. A file that lost its last name is
 * an orphan and expires no more.
 */
#include "fs/ns_entry.h"

#define NS_PER_MS 1000000

bool fs_attr_expired(const struct fs_attr *a, int64_t now_ns)
{
	return a->expires_ms && now_ns >= 0 &&
	       a->expires_ms <= (uint64_t)now_ns / NS_PER_MS;
}

int fs_target_expired(const struct rs_view *v, const struct fs_target *target,
		      int64_t now_ns, bool *ret_is)
{
	struct fs_inode in;
	int err = 0;

	*ret_is = false;
	if (target->kind != RS_KIND_DIR && now_ns >= 0)
		err = fs_target_inode(v, target, &in);
	else
		return 0;
	if (err == 0)
		*ret_is = fs_attr_expired(&in.attr, now_ns);
	return err;
}

int fs_expire_set(struct rs_txn *t, struct fs_inode *in, uint64_t ttl,
		  uint64_t expires_ms)
{
	struct fs_key k = fs_key_expiry(in->attr.expires_ms, in->ino);
	int err = 0;

	if (in->obj.kind == RS_KIND_DIR)
		return -EISDIR;
	if (in->attr.expires_ms)
		err = rs_del(t, k.b, k.len);
	if (err < 0)
		return err == -ENOENT ? -EUCLEAN : err;
	k = fs_key_expiry(expires_ms, in->ino);
	if (expires_ms)
		err = rs_put(t, k.b, k.len, "", 0, 0);
	if (err < 0)
		return err;
	in->attr.ttl = ttl;
	in->attr.expires_ms = expires_ms;
	return 0;
}

int fs_expire_first(const struct rs_view *v, uint64_t *ret_ms)
{
	struct fs_key k = fs_key_expiry(0, 0);
	struct rs_cursor c;
	int err;

	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, k.b, k.len);
	if (err == 0 && c.key[0] != RS_KEY_EXPIRY)
		err = -ENOENT;
	if (err == 0 && c.key_len != FS_KEY_EXPIRY)
		err = -EUCLEAN;
	if (err == 0)
		*ret_ms = be64_get(c.key + 1);
	rs_cursor_finish(&c);
	return err;
}

static int find_expired(const struct rs_view *v, uint64_t parent,
			const char *name, int64_t now_ns,
			struct fs_inode *ret_inode)
{
	struct fs_target target;
	int err = fs_name_check(name);

	if (err == 0)
		err = fs_entry_get(v, parent, name, &target);
	if (err == 0)
		err = fs_target_inode(v, &target, ret_inode);
	if (err == 0 && !fs_attr_expired(&ret_inode->attr, now_ns))
		err = -ENOENT;
	return err;
}

int fs_expire_name(struct rs_txn *t, uint64_t parent, const char *name,
		   int64_t now_ns, uint64_t *ret_orphan)
{
	struct fs_inode dir, in;
	uint64_t orphan;
	int err = fs_dir_get(rs_txn_view(t), parent, &dir);

	if (err == 0)
		err = find_expired(rs_txn_view(t), parent, name, now_ns, &in);
	if (err == 0)
		err = fs_entry_del(t, parent, name);
	if (err == 0)
		err = fs_inode_unname(t, &in, now_ns, &orphan);
	if (err == 0)
		err = fs_dir_touch(t, &dir, now_ns);
	if (err == 0)
		*ret_orphan = orphan;
	return err;
}
