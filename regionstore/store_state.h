/* SPDX-License-Identifier: Apache-2.0 */
/* store_state.h - the store itself, for the files that make it up. PRIVATE.
 *
 * Who may touch what:
 *
 *   commit_lock  what the committer owns: the system tree, the newest durable
 *                superblock, what was frozen
 *   txn_lock     the one txn; what ended txns leave for the next commit, and
 *                for the log
 *   root_lock    the live root, the open txid, the list of snapshots; held
 *                for a few instructions
 *   sweep        shared by whoever descends a tree; exclusive while pointers
 *                to nodes in memory become pointers to pages
 *   alloc.lock, pins.lock, sync.lock   see there
 *
 * Ranks (base/lock.h) rise in this order, sync last.
 */
#ifndef RS_STORE_STATE_H
#define RS_STORE_STATE_H

#include "regionstore/alloc.h"
#include "regionstore/base/lock.h"
#include "regionstore/commit_anew.h"
#include "regionstore/extent.h"
#include "regionstore/io.h"
#include "regionstore/layout.h"
#include "regionstore/log.h"
#include "regionstore/map.h"
#include "regionstore/pin.h"
#include "regionstore/store.h"
#include "regionstore/super.h"
#include "regionstore/tree.h"

#include <pthread.h>
#include <stdatomic.h>

/* One instant of the store. A live view and a snapshot own their root; the
 * view of a txn borrows it. */
struct rs_view {
	atomic_uint refs;
	struct rs_store *store;
	const struct rs_root *root;
	struct rs_root own;
	struct rs_pin *pin;
};

struct rs_txn {
	struct rs_store *store;
	uint64_t txid;
	int failed; /* a change failed half way: the txn cannot end well */
	struct rs_edit edit;
	struct rs_extents log;
	struct rs_view view;
	bool derived;	  /* rs_txn_derived() */
	uint8_t *scratch; /* RS_SCRATCH bytes, or NULL; outlives the txn */
};

/* What commits make of the txns that ended. */
struct rs_changes {
	bool any;
	struct rs_extents log;
	struct rs_drops drops;
};

struct rs_snap_entry {
	struct rs_snap snap;
	struct rs_root root; /* always a page */
};

struct rs_snaps {
	struct rs_snap_entry *v; /* by txid, so by age */
	size_t n, cap;
};

/* A dropped snapshot whose pages are being freed, and where the scan of the
 * dead records goes on. leave.c. */
struct rs_leaving {
	uint64_t txid;
	uint64_t death;
	uint32_t seq;
};

struct rs_leavings {
	struct rs_leaving *v; /* by txid; at most one between two snapshots */
	size_t n;
};

/* Who waits for which commit. A commit is numbered when it begins, before it
 * settles and freezes. */
struct rs_sync_state {
	struct lock lock;
	struct cond changed;
	uint64_t begun;
	uint64_t done;
	int result; /* of the last one done */
	bool leading;

	pthread_t timer;
	bool has_timer;	  /* set before and after the thread alone */
	struct cond tick; /* one of these was set: */
	bool stop;	  /* end */
	bool hurry;	  /* commit now */
	bool punch;	  /* give space back */
	bool leave;	  /* free what a dropped snapshot held */
	uint64_t soon;	  /* commit at this time (monotonic), or 0 */
};

struct rs_counters {
	_Atomic(uint64_t) commits, syncs, writes, write_bytes;
	_Atomic(uint64_t) one_flush, runs, log_writes, anew;
};

struct rs_store {
	/* set at open, never changed */
	struct rs_io *io;
	bool read_only;
	unsigned commit_ms;
	bool two_flush;
	struct rs_header header;
	bool was_closed; /* when it was opened: the last close was complete */
	struct rs_map map;
	struct rs_pages pages;
	struct rs_tree_env data_env;
	struct rs_tree_env sys_env;

	struct lock commit_lock;
	struct rs_super super; /* the newest durable one */
	struct rs_changes frozen;
	struct rs_hooks hooks;
	struct rs_log log;
	struct rs_anew anew;
	struct rs_leavings leaving;
	struct rs_leavings leaving_next; /* as the commit at hand makes it */
	uint32_t leave_step;		 /* dead extents in one commit */

	struct lock txn_lock;
	struct rs_txn txn;
	struct rs_changes open;
	struct rs_redo redo;
	uint64_t next_id;
	uint64_t next_edit;

	struct lock root_lock;
	struct rs_root live;
	uint64_t open_txid;
	struct rs_snaps snaps;

	struct rwlock sweep;
	struct rs_alloc alloc;
	struct rs_root sys; /* under alloc.lock: groups are loaded from it */
	struct rs_pins pins;
	struct rs_sync_state sync;

	/* A commit is looking for pages, or the log reads some. Set below
	 * txn_lock. */
	atomic_bool choosing;
	_Atomic(uint64_t) durable;     /* super.txid */
	atomic_size_t n_leaving;       /* leaving.n */
	atomic_uint waiting;	       /* for the commit lock */
	_Atomic(uint64_t) dirty_pages; /* claimed since the last freeze */
	_Atomic(uint64_t) mapped;      /* pages read since io->relax() */
	atomic_int error;	       /* 0, or a negative errno: ERROR state */
	struct err error_text;	       /* under sync.lock */
	struct rs_counters counters;
};

#define RS_SCRATCH	    65536u
#define RS_FREED_PAGES_SOON 1024u /* 4 MiB */
#define RS_SOON_MS	    200u
#define RS_DIRTY_PAGES_MAX  16384u /* 64 MiB: commit before the timer says so */

/* --- store.c: the ERROR state -------------------------------------------- */

/* Memory and disk may differ from now on. Returns -EIO. */
int rs_store_fail(struct rs_store *s, int err, const char *what);
/* Is the file still as long as it should be? Somebody may have cut it; then
 * what is missing is lost, and a commit would seal that: ERROR state. */
void rs_store_check_size(struct rs_store *s) EXCLUDES(s->alloc.lock);

/* Copy the newest durable superblock to the steady slot: nobody commits. */
int rs_write_steady(struct rs_store *s);

struct rs_found;
/* What was found on the disk becomes the live state. */
void rs_store_adopt(struct rs_store *s, const struct rs_found *found);

/* Opening in another way: init() finds the state, in a store that has its io,
 * its locks and no more. */
struct rs_opener {
	int (*init)(struct rs_store *s, void *arg, struct err *e);
	void *arg;
};
int rs_open_with(struct rs_io *io, const struct rs_open_opts *opts,
		 const struct rs_opener *opener, struct rs_store **ret_store,
		 struct err *e);

/* --- hooks.c ------------------------------------------------------------- */

/* Below the commit lock: the layer above makes txns of what it buffered, and
 * buffers nothing more until rs_go_on(), which may be called at any time. */
int rs_settle(struct rs_store *s, bool whole);
/* The same without settling. Was anything buffered since? */
bool rs_hold(struct rs_store *s);
void rs_go_on(struct rs_store *s);

/* --- commit_turn.c, sync.c ----------------------------------------------- */

struct rs_sysop;
/* Commit now; with an op even when nothing changed. Waits for its turn. */
int rs_commit(struct rs_store *s, struct rs_sysop *op) EXCLUDES(s->commit_lock);
/* Make everything durable, in the log if that will do. */
int rs_commit_or_log(struct rs_store *s) EXCLUDES(s->commit_lock);
/* In the log, if nobody has the commit lock; else -EAGAIN. */
int rs_try_log(struct rs_store *s) EXCLUDES(s->commit_lock);
void rs_timer_start(struct rs_store *s);
void rs_timer_stop(struct rs_store *s);
void rs_timer_hurry(struct rs_store *s);
/* Much was freed: commit soon, so that the host gets it back. */
void rs_timer_soon(struct rs_store *s);
/* Make empty commits until what was freed is out of quarantine. */
int rs_drain(struct rs_store *s);
/* When somebody found no room: let him have what was freed meanwhile. False
 * when there was nothing. */
bool rs_make_room(struct rs_store *s);
/* Wait until nobody wants to commit: for work that can wait. */
void rs_yield(struct rs_store *s);
/* Give free space back to the host, on the timer's thread if there is one. */
void rs_give_back(struct rs_store *s);

/* --- trim.c -------------------------------------------------------------- */

/* Cut the file off behind its last page in use, and room pages more. */
int rs_trim(struct rs_store *s, uint64_t room);

/* --- view.c -------------------------------------------------------------- */

static inline const struct rs_tree_env *rs_view_env(const struct rs_view *v)
{
	return &v->store->data_env;
}

/* --- snap.c -------------------------------------------------------------- */

/* Room for one more. */
int rs_snaps_reserve(struct rs_snaps *snaps);
void rs_snaps_finish(struct rs_snaps *snaps);
/* Is one of them greedy and holds what was born and died then, if it has it or
 * not? */
bool rs_snaps_hold(const struct rs_snaps *snaps, uint64_t birth,
		   uint64_t death);

/* --- snap_record.c ------------------------------------------------------- */

int rs_snaps_load(struct rs_store *s, struct err *e);

/* --- leave.c ------------------------------------------------------------- */

#define RS_LEAVE_STEP 8192u

int rs_leave_load(struct rs_store *s, struct err *e);
void rs_leave_finish(struct rs_store *s);
/* All steps: on the timer's thread if there is one. An error leaves the rest
 * for later. */
void rs_leave_go_on(struct rs_store *s);
/* Is a page that was born and died then among those still to be freed? Below
 * the commit lock. */
bool rs_leave_covers(const struct rs_leavings *all,
		     const struct rs_snaps *snaps, uint64_t birth,
		     uint64_t death);

static inline uint64_t rs_file_pages(const struct rs_store *s)
{
	return atomic_load_explicit(&s->alloc.file_pages, memory_order_acquire);
}

static inline void rs_changes_finish(struct rs_changes *ch)
{
	rs_extents_finish(&ch->log);
	rs_drops_finish(&ch->drops);
	ch->any = false;
}

#endif
