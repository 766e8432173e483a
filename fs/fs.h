/* SPDX-License-Identifier: Apache-2.0 */
/* fs.h - one mounted store, and what an open file is.
 *
 * struct fs is all the state of the daemon. Everything in it but se knows no
 * FUSE, so tests use it without a mount.
 *
 * Three kinds of code meet here:
 *
 *	op_*.c     requests: decode a node id, call below, reply once
 *	file_*.c   what an open file does, one table of functions for each kind
 *	view_*.c   what is not in the store: snapshots/, README, .ctl/
 *
 * Locks, in the order they are taken: a session (set_session.h), the stripe
 * of an inode, and then those of the layers below. A stripe is held for
 * writing by who changes a region, or replaces the content of a set, and for
 * reading by who reads a live region.
 */
#ifndef FS_FS_H
#define FS_FS_H

#include <stdatomic.h>
#include <sys/types.h>

#include "fs/ahead.h"
#include "fs/as_names.h"
#include "fs/as_sizes.h"
#include "fs/checkup.h"
#include "fs/compaction.h"
#include "fs/errlog.h"
#include "fs/expire.h"
#include "fs/fresh.h"
#include "fs/kept.h"
#include "fs/mount_opts.h"
#include "fs/node.h"
#include "fs/notify.h"
#include "fs/ns.h"
#include "fs/opens.h"
#include "fs/paths.h"
#include "fs/query_table.h"
#include "fs/snaps.h"
#include "fs/unkept.h"
#include "fs/worker.h"

#define FS_STRIPES 64u

struct fuse_session;
struct fs_ctl_file;
struct fs_handle;

struct fs {
	/* set at mount, never changed */
	struct rs_store *store;
	struct bm_db *db;
	struct fuse_session *se;
	const char *store_path;
	const char *mnt; /* where, from the root; NULL in tests */
	int host_fd;	 /* on the file system that holds the store; -1: none */
	bool read_only;
	bool sync_writes;	     /* each is durable when it returns */
	struct fs_mount_opts config; /* as asked for */
	int64_t started_ns;
	_Atomic int64_t clock_ns; /* tests: what time it is; 0: the real one */
	uint32_t uid, gid;	  /* of the root: owner of what is made up */

	/* each with locks of its own */
	struct rwlock stripes[FS_STRIPES];
	struct fs_opens opens;
	struct fs_errlog errlog;
	struct fs_checkup checkup;
	struct fs_compaction compaction;
	struct fs_paths paths;
	struct fs_snaps snaps;
	struct fs_as_sizes as_sizes;
	struct fs_queries queries;
	struct fs_as_names as_names;
	struct fs_fresh fresh;
	struct fs_kept kept;
	struct fs_unkept unkept;
	struct fs_workers workers;
	struct fs_aheads aheads;
	struct fs_notifier notifier;
	struct fs_expirer expirer;
	_Atomic bool transport;	  /* io_uring? noted by each lookup */
	_Atomic unsigned telling; /* replies that wait for it (op_as.c) */

	struct lock handles_lock;
	struct fs_handle *handles GUARDED; /* all that are open */
	/* of the texts that are open, the newest; view_ctl.c */
	struct fs_ctl_file *ctl[FS_WHAT_COUNT] GUARDED;
};

/* Open the sets of an open store and make the parts that need no FUSE; undo
 * with fs_finish(), before rs_close().
 */
int fs_init(struct fs *fs, struct rs_store *store, struct err *e);
void fs_finish(struct fs *fs);

int64_t fs_now_ns(void);
int64_t fs_clock(struct fs *fs); /* by which files expire */
struct rwlock *fs_stripe(struct fs *fs, uint64_t ino);

/* --- txns on one object --------------------------------------------------- */

/* Begin a txn and read the object in it: end with fs_change_end(), which puts
 * the object when err is 0 and else leaves no trace; it returns err, or why
 * ending failed.
 */
struct fs_change {
	struct rs_txn *txn;
	struct fs_inode in;
};
int fs_change_begin(struct fs *fs, uint64_t ino, struct fs_change *c);
int fs_change_end(struct fs_change *c, int err);

/* The object has lost its last name. Free it now, or note that whoever has it
 * open does so at the end. ino 0 is nothing.
 */
void fs_orphan(struct fs *fs, uint64_t ino);
void fs_reap_later(struct fs *fs, uint64_t ino);

/* --- open files ----------------------------------------------------------- */

/* Who asks, and how. */
struct fs_io {
	uint64_t owner; /* of locks: the process, more or less */
	int pid;
	bool append;	/* O_APPEND */
	bool mapped;	/* written through a mapping */
	bool kill_priv; /* set-user-ID and set-group-ID bits must go */
};

/* What can be copied without going through its bytes. */
struct fs_copy_source {
	struct bm_view *view;
	bool owned; /* else it is the handle's */
	enum bm_format format;
};

/* What a kind of open file can do. A missing function is EOPNOTSUPP. */
struct fs_file_ops {
	/* At most len bytes; short only at the end. */
	int (*read)(struct fs_handle *h, uint64_t off, char *buf, size_t len,
		    size_t *ret_len);
	/* All of it or nothing. */
	int (*write)(struct fs_handle *h, const struct fs_io *io, uint64_t off,
		     const char *buf, size_t len);
	/* close(2) of one descriptor; missing: nothing to do. */
	int (*flush)(struct fs_handle *h, const struct fs_io *io);
	/* What must happen before the store is synced; missing: nothing. */
	int (*sync)(struct fs_handle *h);
	int (*truncate)(struct fs_handle *h, const struct fs_io *io,
			uint64_t size);
	int (*allocate)(struct fs_handle *h, int mode, uint64_t off,
			uint64_t len);
	int (*seek)(struct fs_handle *h, uint64_t off, bool hole,
		    uint64_t *ret_off);
	/* The size this handle sees; -ENOENT or missing: the object's. */
	int (*size)(struct fs_handle *h, uint64_t *ret_size);
	/* Would flush or release take long now? Missing: never. */
	bool (*is_slow)(struct fs_handle *h);
	/* Does reading evaluate something large? Missing: never. */
	bool (*reads_slowly)(struct fs_handle *h);
	/* The snapshot it was opened in, borrowed; missing: none. */
	struct rs_view *(*at)(struct fs_handle *h);
	/* As the source of a copy: the members, as this handle sees them. */
	int (*copy_source)(struct fs_handle *h,
			   struct fs_copy_source *ret_source);
	/* As its target: take over a whole set; its file is size bytes. */
	int (*copy_set)(struct fs_handle *h, uint64_t off,
			const struct fs_copy_source *from, uint64_t max_size,
			uint64_t *ret_size);
	void (*release)(struct fs_handle *h); /* frees h's own part */
};

struct fs_handle {
	const struct fs_file_ops *ops;
	struct fs *fs;
	uint64_t node;
	uint64_t counted; /* ino counted in opens, or 0 */
	bool writes;	  /* as a writer */
	/* Released when the handle goes to the kernel and when an operation
	 * on it ends, acquired when it comes back on another thread: nothing
	 * else that we can see orders the two.
	 */
	_Atomic bool given;
	struct fs_handle *prev, *next; /* guarded by handles_lock */
};

/* Make h, whose ops, fs and node are set, known. Undo with fs_handle_close(),
 * which calls release().
 */
void fs_handle_add(struct fs_handle *h);
void fs_handle_close(struct fs_handle *h);
void fs_handle_close_all(struct fs *fs); /* at the end: nobody asks any more */
/* The view of snapshot id, which was dropped, by a file still open in it; the
 * caller puts it. -ENOENT.
 */
int fs_handle_view(struct fs *fs, uint64_t snap, struct rs_view **ret_view);

/* Open a stored object. flags are open(2)'s. */
int fs_open_region(struct fs *fs, uint64_t node, struct fs_handle **ret_h);
int fs_open_set(struct fs *fs, uint64_t node, int flags,
		struct fs_handle **ret_h);

/* --- nodes ---------------------------------------------------------------- */

/* The view in which node is to be read; the caller puts it. -ENOENT. */
int fs_node_view(struct fs *fs, uint64_t node, struct rs_view **ret_view);
/* The same, and the time it is there, for names that expire. */
int fs_node_view_at(struct fs *fs, uint64_t node, struct rs_view **ret_view,
		    int64_t *ret_now_ns);
/* Has what the node is expired? In a snapshot: had it, when it was taken? */
bool fs_node_expired(struct fs *fs, uint64_t node, const struct fs_attr *a);
/* The object behind a stored node, queued changes included. */
int fs_node_get(struct fs *fs, uint64_t node, struct fs_inode *ret_in);

#endif
