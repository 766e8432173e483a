/* SPDX-License-Identifier: Apache-2.0 */
/* ns.h - names: inodes, directory entries, links, attributes. PRIVATE to fs/,
 * and without FUSE, so that the command line uses it too.
 *
 * Everything with an inode number is an object (regionstore.h) whose
 * attributes are a struct fs_attr and whose body belongs to its kind. A name
 * is an entry record (parent, name) -> (ino, kind). Objects are keyed by
 * number and never by name, so a rename costs the same whatever is below.
 *
 * A store made by fs_format() holds
 *
 *     1 root     2 bitmaps/     3 regions/
 *
 * and each directory carries its REALM, inherited: files made below bitmaps/
 * are sets, or, when their name begins with a dot, scratch: opaque regions
 * until they are renamed. Files made below regions/ are regions. snapshots/,
 * README and .ctl/ are not in the store; fs/view_*.c makes them up.
 *
 * Functions that read take a view, so they serve snapshots and txns alike
 * (rs_txn_view()); functions that change take a txn, do all their checks
 * inside it, and leave the txn to be aborted by the caller on error. Times
 * come from the caller. Errors are negative errnos with the meaning that
 * POSIX gives them for the system call of that name.
 *
 * A file may EXPIRE: from that instant on its names are not there. Functions
 * that follow or list names are told the time, now_ns: the caller's clock for
 * the live tree, the instant it was taken for a snapshot, so that it goes on
 * showing what was there then. FS_SHOW_EXPIRED hides nothing.
 */
#ifndef FS_NS_H
#define FS_NS_H

#include <sys/types.h>

#include "bitmap/bitmap.h"
#include "regionstore/regionstore.h"

#define FS_INO_ROOT    1u
#define FS_INO_BITMAPS 2u
#define FS_INO_REGIONS 3u
#define FS_NAME_MAX    255u
#define FS_SYMLINK_MAX 4095u /* bytes in a link's target: PATH_MAX */
#define FS_LINK_MAX    0x7fffffffu
/* As now_ns: before everything that ever expires. */
#define FS_SHOW_EXPIRED INT64_MIN

enum fs_realm {
	FS_REALM_NONE,
	FS_REALM_BITMAPS,
	FS_REALM_REGIONS
};

struct fs_attr {
	uint32_t mode; /* permission bits and file type, as st_mode */
	uint32_t uid, gid;
	uint32_t nlink;
	uint32_t rdev;
	enum fs_realm realm;
	uint64_t parent;     /* of a directory: for ".." */
	uint64_t generation; /* of the inode number */
	int64_t atime_ns, mtime_ns, ctime_ns, btime_ns;
	/* Of what is no directory; changed by fs_expire_set() only. */
	uint64_t ttl;	     /* as it was set, fs_ttl_parse(); 0: it was not */
	uint64_t expires_ms; /* since 1970; 0: never */
	/* Of a directory below bitmaps/, for what is made in it. 0: default */
	uint32_t segment_bytes;
	uint32_t shards;
};

/* An inode as read: the object, its attributes decoded. */
struct fs_inode {
	uint64_t ino;
	struct fs_attr attr;
	struct rs_object obj; /* obj.attr is stale once attr was changed */
};
int fs_inode_get(const struct rs_view *v, uint64_t ino,
		 struct fs_inode *ret_inode);
/* Encodes attr into obj and puts it. */
int fs_inode_put(struct rs_txn *t, struct fs_inode *in);
int fs_attr_encode(const struct fs_attr *a, uint8_t *buf, size_t *ret_len);
int fs_attr_decode(const uint8_t *buf, size_t len, struct fs_attr *ret_attr);
/* Whoever writes loses the set-user-ID bit, and set-group-ID where the group
 * may execute. */
void fs_attr_kill_priv(struct fs_attr *a);
/* For bm_hooks.changed: note in encoded attributes that the content changed
 * at when_ns, unless the times were set later than that. arg is not used. */
void fs_attr_changed(void *arg, uint8_t *attr, size_t attr_len,
		     int64_t when_ns);

struct stat;
/* Size and blocks by kind: exact text size of a set, a region's size and its
 * stored blocks. st_ino is set to ino; the caller maps it for snapshots. */
int fs_inode_stat(const struct fs_inode *in, struct stat *ret_st);
/* The target of a symlink, with a NUL after it; -EINVAL when it is none. */
int fs_readlink(const struct rs_view *v, const struct fs_inode *in,
		char ret_target[FS_SYMLINK_MAX + 1]);

/* --- making a store ------------------------------------------------------- */
int fs_format(struct rs_store *s, uint32_t uid, uint32_t gid, int64_t now_ns);

/* --- names ---------------------------------------------------------------- */
int fs_name_check(const char *name); /* -EINVAL, -ENAMETOOLONG */
bool fs_name_is_scratch(const char *name);

int fs_lookup(const struct rs_view *v, int64_t now_ns, uint64_t parent,
	      const char *name, uint64_t *ret_ino, enum rs_kind *ret_kind);
/* Resolve a path of names below a directory, without following symlinks. */
int fs_resolve(const struct rs_view *v, int64_t now_ns, uint64_t dir,
	       const char *path, uint64_t *ret_ino, enum rs_kind *ret_kind);

struct fs_new {
	uint32_t mode; /* with file type; decides the kind (see ns.h, realm) */
	uint32_t uid, gid;
	uint32_t rdev;
	const char *target; /* of a symlink */
	int64_t now_ns;
};
/* Make an object with one name. A directory with S_ISGID hands down its group
 * (and the bit to directories). ret_inode is as put. A name whose file has
 * expired is in the way like any other: -EEXIST, see fs_expire_name(). */
int fs_make(struct rs_txn *t, uint64_t parent, const char *name,
	    const struct fs_new *n, struct fs_inode *ret_inode);
/* An object without a name (O_TMPFILE): nlink 0, an orphan. Below bitmaps/ it
 * is a set. */
int fs_make_unnamed(struct rs_txn *t, uint64_t parent, const struct fs_new *n,
		    struct fs_inode *ret_inode);
/* -EPERM for a directory, and for a scratch file under the name of a set. */
int fs_link(struct rs_txn *t, uint64_t ino, uint64_t parent, const char *name,
	    int64_t now_ns, struct fs_inode *ret_inode);

/* Remove a name. When it was the last one the object becomes an orphan
 * (nlink 0, an orphan record) and *ret_orphan is its number, else 0: the
 * caller reaps it once nobody has it open. */
int fs_unlink(struct rs_txn *t, uint64_t parent, const char *name,
	      int64_t now_ns, uint64_t *ret_orphan);
int fs_rmdir(struct rs_txn *t, uint64_t parent, const char *name,
	     int64_t now_ns, uint64_t *ret_orphan);

/* rename(2) with RENAME_NOREPLACE and RENAME_EXCHANGE; -EXDEV across realms.
 * A scratch file that would become a set is -EAGAIN, after all other checks:
 * the caller asks which one, parses it into a stage and calls
 * fs_rename_as_set() instead. */
struct fs_rename {
	uint64_t from_parent, to_parent;
	const char *from, *to;
	unsigned flags;
	int64_t now_ns;
};
int fs_rename(struct rs_txn *t, const struct fs_rename *r,
	      uint64_t *ret_orphan);
/* The scratch file that r would make a set: the one moved, or, exchanging,
 * possibly the other. 0 when there is none (any more). */
int fs_rename_scratch(const struct rs_view *v, const struct fs_rename *r,
		      uint64_t *ret_ino);
/* That scratch file's object becomes a set with the content of st under its
 * new name; keeps its number, mode, owner, times. -EAGAIN when r makes no set
 * of a scratch file any more: start over. */
int fs_rename_as_set(struct rs_txn *t, const struct fs_rename *r,
		     struct bm_stage *st, uint64_t *ret_orphan);

/* Free one slice of an orphan's content; *ret_done says whether it is all
 * gone, record and object too. Call in txn after txn until done. */
int fs_reap(struct rs_txn *t, uint64_t ino, bool *ret_done);
/* All orphans left by a crash (called at mount, when nothing is open). */
int fs_reap_all(struct rs_store *s);

/* --- listing -------------------------------------------------------------- */

/* Entries of a directory in byte order of their names. pos counts from 0 and
 * means the same as long as the view is the same; reading skips what has
 * expired, so the next position is the entry's to say. */
struct fs_entry {
	uint64_t ino;
	enum rs_kind kind;
	uint64_t next; /* position after this one */
	char name[FS_NAME_MAX + 1];
};
struct fs_dir; /* a listing in progress on one view; references it */
int fs_dir_open(struct rs_view *v, uint64_t ino, struct fs_dir **ret_dir);
void fs_dir_close(struct fs_dir *d);
/* The first entry at or after pos; -ENOENT at the end. */
int fs_dir_read(struct fs_dir *d, int64_t now_ns, uint64_t pos,
		struct fs_entry *ret_entry);
/* The same in steps: past as many that have expired as are *left, which is
 * counted down; then -EAGAIN, and ret_entry->next is where to go on. */
int fs_dir_step(struct fs_dir *d, int64_t now_ns, uint64_t pos, size_t *left,
		struct fs_entry *ret_entry);
int fs_dir_count(struct rs_view *v, int64_t now_ns, uint64_t ino,
		 uint64_t *ret_count);
/* The type bits of st_mode for a kind. */
uint32_t fs_kind_mode(enum rs_kind kind);

/* --- expiry --------------------------------------------------------------- */

/* A time to live as a user writes it, kept so that it reads as it was set: a
 * number of seconds, or one with s, m, h, d or w after it. -EINVAL for what
 * does not read so, 0 among it; -ERANGE. Pure. */
#define FS_TTL_TEXT 24u
int fs_ttl_parse(const char *text, size_t len, uint64_t *ret_ttl);
void fs_ttl_format(uint64_t ttl, char text[FS_TTL_TEXT]);
/* The instant that many seconds from now_ns; -ERANGE beyond the year 2262. */
int fs_ttl_expires(uint64_t ttl, int64_t now_ns, uint64_t *ret_expires_ms);

/* An instant: RFC 3339 in UTC, or seconds since 1970. -EINVAL, -ERANGE. */
#define FS_INSTANT_TEXT 32u
int fs_instant_parse(const char *text, size_t len, uint64_t *ret_ms);
void fs_instant_format(uint64_t ms, char text[FS_INSTANT_TEXT]);

bool fs_attr_expired(const struct fs_attr *a, int64_t now_ns);
/* Let a file expire, or, with zeros, never: keeps the index. The caller puts
 * in. -EISDIR. */
int fs_expire_set(struct rs_txn *t, struct fs_inode *in, uint64_t ttl,
		  uint64_t expires_ms);
/* The earliest instant at which a file expires or did; -ENOENT for none. */
int fs_expire_first(const struct rs_view *v, uint64_t *ret_ms);
/* Remove a name whose file has expired, as fs_unlink() does; -ENOENT when it
 * has not. */
int fs_expire_name(struct rs_txn *t, uint64_t parent, const char *name,
		   int64_t now_ns, uint64_t *ret_orphan);

/* Nothing leads from an object to its names. So the names of all that has
 * expired are found together, by going through all entries once, a stretch at
 * a time; each stretch may have a view of its own. Zeroed at first. */
struct fs_sweep {
	uint64_t *inos; /* ascending; owned */
	size_t n_inos;
	uint64_t links; /* names not found yet, of all of them */
	size_t at_len;	/* of the last key seen, */
	uint8_t at[RS_KEY_MAX];
};
struct fs_stale {
	uint64_t parent, ino;
	char name[FS_NAME_MAX + 1];
};
/* Is the object to be left alone, though it has expired? */
typedef bool fs_spare_fn(void *arg, uint64_t ino);
/* Of what has expired take the oldest FS_SWEEP_MAX; none is n_inos 0. */
#define FS_SWEEP_MAX 65536u
int fs_sweep_begin(const struct rs_view *v, int64_t now_ns, fs_spare_fn *spare,
		   void *arg, struct fs_sweep *ret_sweep);
/* Of these objects, whether or not they expire. */
int fs_sweep_of(const struct rs_view *v, const uint64_t *inos, size_t n,
		struct fs_sweep *ret_sweep);
/* At most cap of their names; 0 and *ret_done at the end. */
int fs_sweep_next(const struct rs_view *v, struct fs_sweep *s,
		  struct fs_stale *ret_found, size_t cap, size_t *ret_n,
		  bool *ret_done);
void fs_sweep_finish(struct fs_sweep *s);

/* --- extended attributes -------------------------------------------------- */
int fs_xattr_get(const struct rs_view *v, uint64_t ino, const char *name,
		 void *buf, size_t cap, size_t *ret_len);
/* flags: XATTR_CREATE, XATTR_REPLACE or 0. */
int fs_xattr_set(struct rs_txn *t, uint64_t ino, const char *name,
		 const void *val, size_t len, int flags);
int fs_xattr_remove(struct rs_txn *t, uint64_t ino, const char *name);
/* Names, NUL after each, in buf; *ret_len is what all need. -ERANGE. */
int fs_xattr_list(const struct rs_view *v, uint64_t ino, char *buf, size_t cap,
		  size_t *ret_len);

/* --- checking ------------------------------------------------------------- */

/* The names of one tree: every entry leads to an object of its kind, link
 * counts, parents, no object without a name that is no orphan, no directory
 * unreachable; sets through bm_check. Plugs into rs_check(). report may be
 * NULL. */
struct fs_check;
int fs_check_store(struct rs_store *s, rs_report_fn *report, void *arg,
		   struct rs_check_result *ret_result);

#endif
