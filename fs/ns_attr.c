/* SPDX-License-Identifier: Apache-2.0 */
/* ns_attr.c - the attributes of an inode as they lie in its object.
 *
 *	 0  version         12  access time        28  change time
 *	 1  realm            4  birth time         20  modification time
 *	 2  mode (16 bits)
 *	36  uid, gid, nlink, rdev, parent, generation, each in as few bytes as
 *	    it needs: seven bits to a byte, lowest first, the top bit set in
 *	    all but the last (LEB128)
 *	    version 2 goes on: ttl, expires_ms, pages of a segment, shards
 *
 * Version 2 is for the few that have one of these, version 1 for the others.
 *
 * The times have a fixed place, so that settling a set can move them forward
 * inside a record it otherwise does not understand. The rest is small in
 * almost every inode: 42 bytes in all for a file of root.
 *
 * There is one encoding of each struct fs_attr, and what is not that encoding
 * is refused: a flipped bit is found here or changes one field only.
 */
#include <sys/stat.h>

#include "fs/ns_entry.h"
#include "regionstore/base/le.h"

#define PLAIN	    1u /* versions */
#define EXTENDED    2u
#define VARINT_MAX  10u
#define EXPIRES_MAX ((uint64_t)INT64_MAX / 1000000) /* it fits as ns */
#define PAGES_MAX   16u

struct fs_disk_attr {
	uint8_t version;
	uint8_t realm;
	struct le16 mode;
	struct le64 btime, atime, mtime, ctime;
};
_Static_assert(sizeof(struct fs_disk_attr) == 36, "format.md");
_Static_assert(sizeof(struct fs_disk_attr) + 10 * VARINT_MAX <= RS_ATTR_MAX,
	       "the longest attributes fit");

static struct le64 put_time(int64_t ns)
{
	return le64_put((uint64_t)ns);
}

static int64_t get_time(struct le64 d)
{
	return (int64_t)le64_get(d);
}

static uint8_t *put_varint(uint8_t *p, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*p++ = (uint8_t)(v | 0x80);
	*p++ = (uint8_t)v;
	return p;
}

static bool is_extended(const struct fs_attr *a)
{
	return a->ttl || a->expires_ms || a->segment_bytes || a->shards;
}

static uint8_t *put_extension(uint8_t *p, const struct fs_attr *a)
{
	p = put_varint(p, a->ttl);
	p = put_varint(p, a->expires_ms);
	p = put_varint(p, a->segment_bytes / RS_PAGE_SIZE);
	return put_varint(p, a->shards);
}

int fs_attr_encode(const struct fs_attr *a, uint8_t *buf, size_t *ret_len)
{
	struct fs_disk_attr f = {
		.version = is_extended(a) ? EXTENDED : PLAIN,
		.realm = (uint8_t)a->realm,
		.mode = le16_put((uint16_t)a->mode),
		.btime = put_time(a->btime_ns),
		.atime = put_time(a->atime_ns),
		.mtime = put_time(a->mtime_ns),
		.ctime = put_time(a->ctime_ns),
	};
	uint8_t *p = buf + sizeof(f);

	if (a->mode > UINT16_MAX || a->nlink > FS_LINK_MAX)
		return -EINVAL;
	memcpy(buf, &f, sizeof(f));
	p = put_varint(p, a->uid);
	p = put_varint(p, a->gid);
	p = put_varint(p, a->nlink);
	p = put_varint(p, a->rdev);
	p = put_varint(p, a->parent);
	p = put_varint(p, a->generation);
	if (is_extended(a))
		p = put_extension(p, a);
	*ret_len = (size_t)(p - buf);
	return 0;
}

/* Bytes not read yet. A number that is cut off, longer than needed or above
 * limit leaves p NULL, and so does everything after it. */
struct reader {
	const uint8_t *p, *end;
};

static uint64_t get_varint(struct reader *r, uint64_t limit)
{
	uint64_t v = 0;

	for (unsigned shift = 0; r->p && r->p < r->end; shift += 7) {
		uint64_t bits = *r->p & 0x7f;
		bool last = *r->p++ < 0x80;

		if (shift == 63 && bits > 1)
			break;
		v |= bits << shift;
		if (last && (bits || shift == 0) && v <= limit)
			return v;
		if (last || shift == 63)
			break;
	}
	r->p = NULL;
	return 0;
}

static void get_extension(struct reader *r, struct fs_attr *a)
{
	a->ttl = get_varint(r, UINT64_MAX);
	a->expires_ms = get_varint(r, EXPIRES_MAX);
	a->segment_bytes = (uint32_t)get_varint(r, PAGES_MAX) * RS_PAGE_SIZE;
	a->shards = (uint32_t)get_varint(r, BM_SHARDS_MAX);
	/* With nothing to say it would be of the other version. */
	if (!is_extended(a))
		r->p = NULL;
}

static bool plausible(const struct fs_attr *a)
{
	bool expires = a->ttl || a->expires_ms;
	bool governs = a->segment_bytes || a->shards;

	if (a->ttl && (!a->expires_ms || !fs_ttl_is_one(a->ttl)))
		return false;
	switch (a->mode & S_IFMT) {
	case S_IFDIR:
		return a->parent != 0 && !expires;
	case S_IFREG:
	case S_IFLNK:
	case S_IFIFO:
	case S_IFSOCK:
	case S_IFCHR:
	case S_IFBLK:
		return a->parent == 0 && !governs;
	default:
		return false;
	}
}

int fs_attr_decode(const uint8_t *buf, size_t len, struct fs_attr *ret_attr)
{
	struct fs_disk_attr f;
	struct reader r = { buf + sizeof(f), buf + len };
	struct fs_attr a = { 0 };

	if (len < sizeof(f))
		return -EUCLEAN;
	memcpy(&f, buf, sizeof(f));
	if ((f.version != PLAIN && f.version != EXTENDED) ||
	    f.realm > FS_REALM_REGIONS)
		return -EUCLEAN;
	a.realm = (enum fs_realm)f.realm;
	a.mode = le16_get(f.mode);
	a.btime_ns = get_time(f.btime);
	a.atime_ns = get_time(f.atime);
	a.mtime_ns = get_time(f.mtime);
	a.ctime_ns = get_time(f.ctime);
	a.uid = (uint32_t)get_varint(&r, UINT32_MAX);
	a.gid = (uint32_t)get_varint(&r, UINT32_MAX);
	a.nlink = (uint32_t)get_varint(&r, FS_LINK_MAX);
	a.rdev = (uint32_t)get_varint(&r, UINT32_MAX);
	a.parent = get_varint(&r, UINT64_MAX);
	a.generation = get_varint(&r, UINT64_MAX);
	if (f.version == EXTENDED)
		get_extension(&r, &a);
	if (!r.p || r.p != r.end || !plausible(&a))
		return -EUCLEAN;
	*ret_attr = a;
	return 0;
}

void fs_attr_changed(void *arg, uint8_t *attr, size_t attr_len, int64_t when_ns)
{
	struct fs_disk_attr f;

	(void)arg;
	if (attr_len < sizeof(f))
		return;
	memcpy(&f, attr, sizeof(f));
	/* utimens() after the change moved ctime past it: its times stay. */
	if (get_time(f.ctime) > when_ns)
		return;
	f.mtime = put_time(when_ns);
	f.ctime = put_time(when_ns);
	memcpy(attr, &f, sizeof(f));
}

/* --- what they mean ------------------------------------------------------- */

void fs_attr_kill_priv(struct fs_attr *a)
{
	if (S_ISDIR(a->mode))
		return;
	a->mode &= ~(uint32_t)S_ISUID;
	if (a->mode & S_IXGRP)
		a->mode &= ~(uint32_t)S_ISGID;
}
