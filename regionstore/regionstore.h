/* SPDX-License-Identifier: Apache-2.0 */
/* regionstore.h - one file on disk: ordered records, payload pages, regions
 * of bytes, snapshots, and commits that survive a power cut.
 *
 * A store holds two things. RECORDS are byte-string keys with byte-string
 * values in one ordered tree; each record also carries a WEIGHT, and the tree
 * knows for every key how many records and how much weight lie before it.
 * PAYLOADS are runs of 4 KiB pages that a record points at.
 *
 *   read    rs_view_live() -> rs_get(), cursors, payloads -> rs_view_put()
 *   change  rs_txn_begin() -> rs_put(), rs_del(), payloads -> rs_txn_end()
 *   keep    rs_sync(), or the timer: everything ended so far is on the disk
 *
 * A VIEW is the whole store at one instant. It is immutable: whatever is
 * changed, committed or removed later, the view shows what it showed, and the
 * pages it needs are not reused until it is put back. Taking one costs a
 * fraction of a microsecond. A snapshot is a view with a name that survives.
 *
 * A TXN is one change, whole or not at all, visible at rs_txn_end(). At most
 * one txn exists at a time; the second rs_txn_begin() waits. Txns that ended
 * are made durable together by the next commit (group commit), by a timer
 * every few seconds, or by whoever calls rs_sync().
 *
 * Nothing is ever overwritten (I1): a page once written is not written again
 * before it was freed, the commit that freed it and one more are durable, and
 * no view or snapshot can see it. All writes are pwrite(2); the mapping used
 * for reading is read-only.
 *
 * Errors are 0 or a negative errno from the closed list in base/err.h:
 * -EMEDIUMTYPE the file is no store, -EUCLEAN a structure on disk is wrong,
 * -EBADMSG a checksum is wrong, -EIO the host failed or the store is in its
 * ERROR state (reads go on, each change says -EIO), -ENOSPC, -ENOMEM, -EROFS.
 *
 * Threads: every function may be called from any thread, except that a txn, a
 * cursor belong to one thread at a time.
 */
#ifndef RS_REGIONSTORE_H
#define RS_REGIONSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "regionstore/base/err.h"

#define RS_PAGE_SIZE  4096u
#define RS_KEY_MAX    272u  /* bytes in a key: type, number, a name of 255 */
#define RS_VAL_MAX    1700u /* bytes in a value: two records fit one page */
#define RS_WEIGHT_MAX ((uint64_t)1 << 63) /* sum of all weights stays below */

/* The first byte of each key says what the record is. Numbers inside keys are
 * big-endian, so that byte order is numeric order. docs/format.md. */
enum rs_key_type {
	RS_KEY_OBJECT = 0x10,  /* ino64 -> kind, attributes, body */
	RS_KEY_ENTRY = 0x11,   /* parent64 name -> ino64, kind */
	RS_KEY_XATTR = 0x12,   /* ino64 name -> value */
	RS_KEY_ORPHAN = 0x13,  /* ino64 -> nothing: to be reaped at open */
	RS_KEY_CHUNK = 0x20,   /* ino64 chunk64 -> 256 KiB of a region */
	RS_KEY_SEGMENT = 0x21, /* set64 lo64 -> segment; weight = members */
	RS_KEY_JOURNAL = 0x22, /* seq64 -> batches not in their sets yet */
	RS_KEY_EXPIRY = 0x30,  /* ms64 ino64 -> nothing */
	RS_KEY_SYNC = 0x40,    /* reserved: synchronisation between stores */
};

struct rs_store;
struct rs_view;
struct rs_txn;
struct rs_io;
struct buf; /* base/buf.h */

/* --- opening and closing -------------------------------------------------- */

/* Make a new, empty store in a file that does not exist yet. Durable on
 * return. */
int rs_create(const char *path, struct err *e);
int rs_create_io(struct rs_io *io, struct err *e); /* io stays the caller's */

struct rs_open_opts {
	bool read_only;	    /* no change, no commit, no lock for writing */
	unsigned commit_ms; /* timer; 0: only rs_sync() commits (tests) */
	/* Commit in two flushes always: do not rely on checksums to know after
	 * a crash whether all of a commit is there. */
	bool two_flush;
	/* Make what is small durable in the log (log.h), of which so many pages
	 * are used before a commit; RS_LOG_PAGES at most, 0: no log. */
	unsigned log_pages;
};
#define RS_LOG_PAGES 128u

/* Open a store; takes an exclusive lock on the file (-EBUSY, saying by whom).
 * Finds the newest durable commit; costs the same at any size.
 * rs_open_io() takes ownership of io when it succeeds. */
int rs_open(const char *path, const struct rs_open_opts *opts,
	    struct rs_store **ret_store, struct err *e);
int rs_open_io(struct rs_io *io, const struct rs_open_opts *opts,
	       struct rs_store **ret_store, struct err *e);

/* Commit what is open and close. Frees the store even when it fails. All
 * views must have been put back. Accepts NULL. */
int rs_close(struct rs_store *s);

/* Close without a commit, as if the power had failed now (tests, rescue). */
void rs_abandon(struct rs_store *s);

/* The layer above buffers changes of its own. */
struct rs_hooks {
	/* Called, with no lock held, before each commit freezes: whatever it
	 * turns into txns is part of that commit. Such txns must keep all that
	 * is buffered; when whole is true they must put it where views look for
	 * it, since a snapshot is going to show it. Its error is told by
	 * rs_sync() and refuses a new snapshot, which would not be whole. */
	int (*settle)(void *arg, bool whole);
	/* Buffer nothing from here on until go_on() is called: whoever wants to
	 * waits. So that what is buffered and what the txns did are of one
	 * instant. True: something was since settle() was last called, which
	 * is called again then. go_on() may be called without hold(). Both or
	 * neither. */
	bool (*hold)(void *arg);
	void (*go_on)(void *arg);
	/* Called for a sync that needs no commit, after hold(): append to
	 * out all that is buffered and was not logged since the last commit.
	 * -EAGAIN, or any other error: a commit shall do it. Here and in
	 * kept(), at most RS_LOG_LAYER_MAX bytes. */
	int (*log)(void *arg, struct buf *out);
	/* That is durable. */
	void (*logged)(void *arg);
	/* Called after settle(), until nothing is appended: append what was
	 * logged, also before a crash, and is in no txn even so. *at is 0 at
	 * first and then whatever the last call left there. */
	int (*kept)(void *arg, uint64_t *at, struct buf *out);
	void *arg;
};
#define RS_LOG_LAYER_MAX (24u << 10)
/* One set of hooks per store; NULL removes them. */
void rs_set_hooks(struct rs_store *s, const struct rs_hooks *hooks);

/* What hooks.log() wrote before a crash, in that order, to be buffered again by
 * whoever sets hooks. */
typedef int rs_log_fn(void *arg, const void *data, size_t len);
int rs_log_each(struct rs_store *s, rs_log_fn *fn, void *arg);

/* --- views ---------------------------------------------------------------- */

int rs_view_live(struct rs_store *s, struct rs_view **ret_view);
/* The store as it was in a snapshot, by the id from struct rs_snap. */
int rs_view_snap(struct rs_store *s, uint64_t snap_id,
		 struct rs_view **ret_view);
struct rs_view *rs_view_ref(struct rs_view *v); /* another reference */
void rs_view_put(struct rs_view *v);		/* accepts NULL */
struct rs_store *rs_view_store(const struct rs_view *v);

/* Copy the value of a record into buf (cap bytes; RS_VAL_MAX always
 * suffices, less is -ERANGE). -ENOENT when there is none. ret_weight may be
 * NULL. */
int rs_get(const struct rs_view *v, const void *key, size_t key_len, void *buf,
	   size_t cap, size_t *ret_len, uint64_t *ret_weight);

/* How many records and how much weight lie before key. */
struct rs_sum {
	uint64_t count;
	uint64_t weight;
};
int rs_sum_before(const struct rs_view *v, const void *key, size_t key_len,
		  struct rs_sum *ret_sum);

/* --- cursors -------------------------------------------------------------- */

/* A place in a view. key, val and weight describe the current record and are
 * valid until the next call on this cursor. A cursor holds no lock between
 * calls; it must be finished before its view is put back. */
struct rs_cursor {
	const struct rs_view *view;
	size_t key_len;
	const void *val; /* borrowed */
	size_t val_len;
	uint64_t weight;
	uint8_t key[RS_KEY_MAX];
	/* private */
	const uint8_t *leaf;
	struct rs_node *node; /* the reference that keeps leaf, or NULL */
	unsigned slot;
};

void rs_cursor_init(struct rs_cursor *c, const struct rs_view *v);
void rs_cursor_finish(struct rs_cursor *c); /* accepts a zeroed one */

/* Each moves to a record or says -ENOENT when there is none such: the first
 * record >= key, the last record <= key, the n-th record. */
int rs_cursor_seek(struct rs_cursor *c, const void *key, size_t key_len);
int rs_cursor_floor(struct rs_cursor *c, const void *key, size_t key_len);
int rs_cursor_nth(struct rs_cursor *c, uint64_t n);
/* The record in which the w-th unit of weight lies (both from 0, over the
 * whole tree), and how much weight lies before that record. */
int rs_cursor_weigh(struct rs_cursor *c, uint64_t w, uint64_t *ret_before);
int rs_cursor_next(struct rs_cursor *c);

/* --- changes -------------------------------------------------------------- */

/* What a change would be told now: 0, -EROFS, or -EIO in the ERROR state.
 * Costs nothing and waits for nobody. */
int rs_may_change(struct rs_store *s);
int rs_txn_begin(struct rs_store *s, struct rs_txn **ret_txn);
int rs_txn_end(struct rs_txn *t);    /* publish; t is gone either way */
void rs_txn_abort(struct rs_txn *t); /* nothing happened; accepts NULL */
/* End it, or, when err is not 0, abort it; err, or what the end says. */
int rs_txn_end_or_abort(struct rs_txn *t, int err);

/* What t does would be done again after a crash by whoever buffers it, from
 * what is durable already: a sync need not wait for it. Call it first. */
void rs_txn_derived(struct rs_txn *t);

/* The tree as this txn has changed it so far; borrowed, gone with the txn.
 * Cursors on it are invalid after the next rs_put() or rs_del(). */
const struct rs_view *rs_txn_view(struct rs_txn *t);

/* The commit this txn will belong to: the birth of the pages it writes. */
uint64_t rs_txn_id(const struct rs_txn *t);

/* A number never used before in this store: for inodes, sets, ... From 16. */
uint64_t rs_txn_new_id(struct rs_txn *t);

/* Numbers up to id are taken, by whoever put them into records (salvage). */
void rs_txn_raise_ids(struct rs_txn *t, uint64_t id);

/* Insert or replace. -E2BIG for a key or value over the limit, -EFBIG when
 * the sum of all weights would reach RS_WEIGHT_MAX. */
int rs_put(struct rs_txn *t, const void *key, size_t key_len, const void *val,
	   size_t val_len, uint64_t weight);
int rs_del(struct rs_txn *t, const void *key, size_t key_len); /* -ENOENT */

/* --- payloads: pages that a record points at ------------------------------ */

/* Where a payload lies; stored inside records in this form (24 bytes). A
 * pointer of zeros points nowhere. */
struct rs_ptr {
	uint64_t pgno;
	uint32_t npages; /* below 65536 */
	uint64_t birth;
	uint64_t csum; /* XXH3-64 of the exact bytes, seeded with pgno */
};
#define RS_PTR_SIZE 24u
void rs_ptr_encode(const struct rs_ptr *p, uint8_t out[RS_PTR_SIZE]);
void rs_ptr_decode(const uint8_t in[RS_PTR_SIZE], struct rs_ptr *ret_ptr);

/* Write len bytes on fresh pages (rounded up with zeros). */
int rs_payload_put(struct rs_txn *t, const void *data, size_t len,
		   struct rs_ptr *ret_ptr);
/* The payload's pages leave the store with this txn. */
int rs_payload_free(struct rs_txn *t, const struct rs_ptr *p);
/* The len bytes that were put, in the mapping, checked once. Valid while the
 * view is held. Then rs_view_check(): a disk that failed shows zeros. */
int rs_payload_get(const struct rs_view *v, const struct rs_ptr *p, size_t len,
		   const uint8_t **ret_data);
int rs_view_check(const struct rs_view *v);  /* 0, or -EIO for this thread */
void rs_view_begin(const struct rs_view *v); /* forget faults before now */

/* --- objects: the record that everything with an inode number has --------- */

/* An object is a kind, ATTRIBUTES that the namespace owns, and a BODY that
 * its kind owns: a region's size and inline bytes, a set's header, a link's
 * target. All in one record, so one lookup finds everything. */
enum rs_kind {
	RS_KIND_DIR = 1,
	RS_KIND_REGION = 2,
	RS_KIND_SET = 3,
	RS_KIND_SYMLINK = 4,
	RS_KIND_FIFO = 5,
	RS_KIND_SOCKET = 6,
	RS_KIND_CHARDEV = 7,
	RS_KIND_BLOCKDEV = 8,
};
#define RS_ATTR_MAX 200u
#define RS_BODY_MAX (RS_VAL_MAX - RS_ATTR_MAX - 4u)

struct rs_object {
	enum rs_kind kind;
	uint64_t weight; /* members that lie in the body itself */
	size_t attr_len;
	size_t body_len;
	uint8_t attr[RS_ATTR_MAX];
	uint8_t body[RS_BODY_MAX];
};
int rs_object_get(const struct rs_view *v, uint64_t ino,
		  struct rs_object *ret_obj);
int rs_object_put(struct rs_txn *t, uint64_t ino, const struct rs_object *obj);
int rs_object_del(struct rs_txn *t, uint64_t ino);

/* --- regions: sparse files of bytes --------------------------------------- */

/* A region's bytes lie inline in its object up to RS_INLINE_MAX, else in
 * chunks of 256 KiB. The caller serialises changes of one region with each
 * other and with live reads of it; reads of snapshots need no lock. */
#define RS_INLINE_MAX 1024u
#define RS_CHUNK_SIZE (256u * 1024u)
#define RS_REGION_MAX ((uint64_t)1 << 60) /* largest size of a region */

struct rs_region_info {
	uint64_t size;	 /* bytes to the end */
	uint64_t stored; /* bytes held by pages, or inline */
};
void rs_region_init(struct rs_object *obj); /* body of an empty region */
int rs_region_info(const struct rs_object *obj,
		   struct rs_region_info *ret_info);

/* Read at most len bytes; short only at the end. Holes read as zeros. */
int rs_region_read(const struct rs_view *v, uint64_t ino, uint64_t off,
		   void *buf, size_t len, size_t *ret_len);

/* A write goes in two steps, so that bytes are copied and checksummed with no
 * lock held. rs_write_prepare() puts the whole blocks of the data on fresh
 * pages; rs_write_apply(), in a txn, merges the ragged ends and makes them
 * part of the region: obj, the caller's copy of the region's object, gets the
 * new size and is put by the caller. data must stay unchanged until apply. */
struct rs_write; /* owned by the caller until applied or dropped */
int rs_write_prepare(struct rs_store *s, uint64_t off, const void *data,
		     size_t len, struct rs_write **ret_w);
int rs_write_apply(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		   struct rs_write *w);
void rs_write_drop(struct rs_write *w); /* accepts NULL; always called last */

/* Change the size; what is cut off is freed, what is added is a hole. */
int rs_region_truncate(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		       uint64_t size);
/* Make [off, off + len) a hole; the size stays. */
int rs_region_punch(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		    uint64_t off, uint64_t len);
/* SEEK_DATA (hole false) and SEEK_HOLE (hole true); -ENXIO past the end. */
int rs_region_seek(const struct rs_view *v, uint64_t ino, uint64_t off,
		   bool hole, uint64_t *ret_off);

/* The header, in obj, is made to agree with the chunks that are there; the
 * caller puts it. *ret_lost: bytes on pages that are not there any more. For
 * regions that were damaged. */
int rs_region_mend(struct rs_txn *t, uint64_t ino, struct rs_object *obj,
		   uint64_t *ret_lost);
/* Of a region whose object is lost: how much of the chunk that begins at off is
 * there, up to its last block, and bytes by the chunks alone. */
int rs_region_chunk_len(const struct rs_view *v, uint64_t ino, uint64_t off,
			size_t *ret_len);
int rs_region_read_chunks(const struct rs_view *v, uint64_t ino, uint64_t off,
			  void *buf, size_t len);

/* --- durability ----------------------------------------------------------- */

/* Return when every txn that had ended before the call is on the disk, by a
 * record of the log or by a commit. Calls that wait at the same time share it.
 */
int rs_sync(struct rs_store *s);
/* The same for who should not be kept waiting: done if it is a single write to
 * a disk that was fast so far, and nobody else is at it; else -EAGAIN. */
int rs_sync_short(struct rs_store *s);

/* --- snapshots ------------------------------------------------------------ */

#define RS_SNAP_NAME_MAX 255u
#define RS_SNAP_ID_MAX	 ((uint64_t)1 << 23)

struct rs_snap {
	uint64_t id; /* never reused; 1 to RS_SNAP_ID_MAX */
	uint64_t txid;
	int64_t created_ns;
	uint64_t members; /* in all sets, at that instant */
	/* A repair took from it, or went back behind it: holds pages that it
	 * does not show, until it is dropped (dead.c). */
	bool greedy;
	char name[RS_SNAP_NAME_MAX + 1];
};

/* Take a snapshot of everything ended before the call. One commit at any
 * size; durable on return. -EEXIST. Any byte but / and NUL in the name. */
int rs_snap_create(struct rs_store *s, const char *name,
		   struct rs_snap *ret_snap);
int rs_snap_rename(struct rs_store *s, const char *from, const char *to);
/* Drop in any order. Space held by it alone comes back. */
int rs_snap_drop(struct rs_store *s, const char *name);
int rs_snap_find(struct rs_store *s, const char *name,
		 struct rs_snap *ret_snap);
int rs_snap_get(struct rs_store *s, uint64_t id, struct rs_snap *ret_snap);
/* All, by name; the caller frees the array. */
int rs_snap_list(struct rs_store *s, struct rs_snap **ret_snaps,
		 size_t *ret_count);

/* --- state ---------------------------------------------------------------- */

struct rs_stats {
	uint64_t txid;	       /* newest durable commit */
	uint64_t file_bytes;   /* length of the store file */
	uint64_t used_bytes;   /* pages in use, by the live tree or snapshots */
	uint64_t pinned_bytes; /* of these, by snapshots alone */
	uint64_t reuse_bytes;  /* free, now or soon, and with blocks already */
	uint64_t dirty_bytes;  /* changed since that commit */
	uint64_t records;      /* in the live tree */
	uint64_t weight;       /* members in all sets */
	uint64_t snapshots;
	uint64_t commits, syncs, writes, write_bytes; /* since open */
	uint64_t log_writes; /* syncs that the log served */
	uint64_t log_found;  /* records found in it at opening */
	bool was_closed;     /* by whoever had it open before, in order */
	uint64_t one_flush;  /* of the commits, those of one flush */
	uint64_t runs;	     /* stretches of the file these wrote, in all */
	uint64_t unreadable; /* pages the host could not read */
	uint64_t anew;	     /* failures that a second commit made good */
	char anew_text[192]; /* the last of them */
	int error;	     /* 0, or why the store is in its ERROR state */
	char error_text[192];
	uint8_t uuid[16];
};
void rs_stats(struct rs_store *s, struct rs_stats *ret_stats);

/* free may be taken, of which warm has blocks of the host, as far as we know;
 * quarantined is not free yet. */
struct rs_group_space {
	uint64_t used, free, warm, quarantined;
};
/* unique would come back if it were dropped; shared is held by others, too.
 * Neither is in the live tree. */
struct rs_snap_space {
	struct rs_snap snap;
	uint64_t unique, shared;
};
struct rs_space {
	uint64_t free, warm, quarantined, spare;
	struct rs_group_space *groups; /* each some 126 MiB of the file */
	struct rs_snap_space *snaps;   /* oldest first */
	size_t n_groups, n_snaps;
	bool partial; /* too much to look at: the snapshots hold more */
};
int rs_space(struct rs_store *s, struct rs_space *ret_space);
void rs_space_finish(struct rs_space *sp);

/* The other chapter: damage, checking, repairing, compacting. */
#include "regionstore/upkeep.h"

#endif
