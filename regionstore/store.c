/* SPDX-License-Identifier: Apache-2.0 */
/* store.c - opening and closing; the ERROR state.
 *
 * ERROR: when a write or a sync of a commit fails, and once more when all of it
 * was put elsewhere (commit_anew.c), nobody knows what is on the disk. The
 * store then refuses every change, goes on serving reads, and the next open
 * starts from the last durable commit.
 */
#include "regionstore/pages.h"
#include "regionstore/recover.h"
#include "regionstore/store_state.h"
#include "regionstore/syskey.h"

#include <assert.h>
#include <stdlib.h>

#include "regionstore/base/auto.h"

/* --- the ERROR state ----------------------------------------------------- */

int rs_store_fail(struct rs_store *s, int err, const char *what)
{
	assert(err < 0);
	lock_take(&s->sync.lock);
	if (!s->error_text.code)
		err_set(&s->error_text, err, "%s: %s", what, err_text(err));
	atomic_store(&s->error, err);
	lock_drop(&s->sync.lock);
	return -EIO;
}

void rs_store_check_size(struct rs_store *s)
{
	uint64_t size;
	bool cut;

	/* Below the lock it neither grows nor shrinks. */
	lock_take(&s->alloc.lock);
	cut = s->io->ops->size(s->io, &size) == 0 &&
	      size < rs_bytes(rs_file_pages(s));
	lock_drop(&s->alloc.lock);
	if (cut)
		rs_store_fail(s, -EIO, "the store file was cut by somebody");
}

int rs_may_change(struct rs_store *s)
{
	if (s->read_only)
		return -EROFS;
	return atomic_load(&s->error) ? -EIO : 0;
}

/* --- opening ------------------------------------------------------------- */

static void init_locks(struct rs_store *s)
{
	lock_init(&s->commit_lock, LOCK_COMMIT);
	lock_init(&s->txn_lock, LOCK_TXN);
	lock_init(&s->root_lock, LOCK_ROOT);
	rwlock_init(&s->sweep, LOCK_SWEEP);
	rs_pins_init(&s->pins);
	lock_init(&s->sync.lock, LOCK_SYNC);
	cond_init(&s->sync.changed);
	cond_init(&s->sync.tick);
}

static void finish_locks(struct rs_store *s)
{
	lock_finish(&s->commit_lock);
	lock_finish(&s->txn_lock);
	lock_finish(&s->root_lock);
	rwlock_finish(&s->sweep);
	rs_pins_finish(&s->pins);
	lock_finish(&s->sync.lock);
	cond_finish(&s->sync.changed);
	cond_finish(&s->sync.tick);
}

/* Called with alloc.lock held, which guards s->sys. */
static int load_group(void *arg, uint32_t number, struct rs_group_rec *ret_rec,
		      const uint8_t **ret_page)
{
	struct rs_store *s = arg;
	uint8_t key[RS_GROUP_KEY], val[RS_GROUP_VAL_MAX];
	struct rs_group_rec rec;
	uint64_t pgno;
	size_t len;
	int err;

	rs_group_key(number, key);
	err = rs_tree_get(&s->sys_env, &s->sys, key, sizeof(key), val,
			  sizeof(val), &len, NULL);
	if (err)
		return err == -ERANGE ? -EUCLEAN : err;
	err = rs_group_rec_decode(val, len, &rec);
	if (err)
		return err;
	pgno = rs_group_slot_page(number, rec.slot);
	if (pgno >= rs_file_pages(s))
		return -EUCLEAN;
	*ret_rec = rec;
	*ret_page = s->map.base + rs_bytes(pgno);
	return 0;
}

static bool is_bad(void *arg, uint64_t pgno, uint64_t npages)
{
	const struct rs_store *s = arg;

	return rs_map_is_bad(&s->map, pgno, npages);
}

static void init_parts(struct rs_store *s)
{
	const struct rs_alloc_env env = {
		.io = s->io, .load = load_group, .is_bad = is_bad, .arg = s
	};

	init_locks(s);
	rs_alloc_init(&s->alloc, &env);
	s->pages.get = rs_pages_get;
	s->data_env = (struct rs_tree_env){ .pages = &s->pages, .tree_id = 1 };
	s->sys_env = (struct rs_tree_env){ .pages = &s->pages, .tree_id = 2 };
}

/* What was found becomes the live state. */
void rs_store_adopt(struct rs_store *s, const struct rs_found *found)
{
	const struct rs_super *su = &found->super;

	s->super = *su;
	s->live = (struct rs_root){ .ptr = su->data_root, .sum = su->data_sum };
	s->sys = (struct rs_root){ .ptr = su->sys_root, .sum = su->sys_sum };
	s->open_txid = found->newest + 1;
	s->next_id = su->next_id;
	atomic_init(&s->durable, su->txid);
}

static void free_store(struct rs_store *s)
{
	rs_changes_finish(&s->frozen);
	rs_changes_finish(&s->open);
	rs_extents_finish(&s->txn.log);
	free(s->txn.scratch);
	rs_redo_finish(&s->redo);
	rs_log_finish(s);
	rs_root_put(&s->live);
	rs_root_put(&s->sys);
	rs_snaps_finish(&s->snaps);
	rs_leave_finish(s);
	rs_alloc_finish(&s->alloc);
	rs_map_finish(&s->map);
	finish_locks(s);
	free(s);
}

static int init_store(struct rs_store *s, void *arg, struct err *e)
{
	struct rs_found found;
	int err = rs_recover(s, &found, e);

	(void)arg;
	if (err)
		return err;
	rs_store_adopt(s, &found);
	if (found.super.only_read || s->header.only_read)
		s->read_only = true;
	err = rs_snaps_load(s, e);
	if (!err)
		err = rs_log_load(s, e);
	if (err || s->read_only)
		return err;
	err = rs_recover_settle(s, &found);
	if (err)
		return err_set(e, err, "cannot be synced: %s", err_text(err));
	return rs_log_replay(s, e);
}

int rs_open_with(struct rs_io *io, const struct rs_open_opts *opts,
		 const struct rs_opener *opener, struct rs_store **ret_store,
		 struct err *e)
{
	struct rs_store *s = calloc(1, sizeof(*s));
	int err;

	if (!s)
		return err_set(e, -ENOMEM, "out of memory");
	s->io = io;
	s->read_only = opts->read_only;
	s->commit_ms = opts->commit_ms;
	s->leave_step = RS_LEAVE_STEP;
	s->two_flush = opts->two_flush;
	s->log.pages =
		opts->log_pages < RS_LOG_HALF ? opts->log_pages : RS_LOG_HALF;
	s->redo.broken = s->log.pages == 0;
	init_parts(s);
	err = opener->init(s, opener->arg, e);
	if (err) {
		free_store(s);
		return err;
	}
	if (!s->read_only) {
		rs_alloc_fill_spare(&s->alloc);
		rs_timer_start(s);
	}
	*ret_store = s;
	return 0;
}

int rs_open_io(struct rs_io *io, const struct rs_open_opts *opts,
	       struct rs_store **ret_store, struct err *e)
{
	const struct rs_opener opener = { .init = init_store };

	return rs_open_with(io, opts, &opener, ret_store, e);
}

int rs_open(const char *path, const struct rs_open_opts *opts,
	    struct rs_store **ret_store, struct err *e)
{
	struct rs_io *io;
	int err =
		rs_io_file(path, opts->read_only ? RS_IO_READ_ONLY : 0, &io, e);

	if (err)
		return err;
	err = rs_open_io(io, opts, ret_store, e);
	if (err)
		io->ops->close(io);
	return err;
}

/* --- closing ------------------------------------------------------------- */

/* The steady superblock: what to fall back on when both slots are lost. It
 * says that its commit is durable, so it needs no manifest. */
int rs_write_steady(struct rs_store *s)
{
	struct rs_super su = s->super;
	uint8_t page[RS_PAGE_SIZE];
	int err;

	su.flags = RS_SUPER_CLEAN;
	rs_super_encode(&su, &s->header, NULL, page);
	err = s->io->ops->write(s->io, rs_bytes(RS_SLOT_STEADY), page,
				sizeof(page));
	if (err)
		return err;
	/* That may be all there ever was of what others wrote meanwhile. */
	err = s->io->ops->sync(s->io);
	return err ? rs_anew_suspect(s, err, "superblock cannot be written")
		   : 0;
}

void rs_abandon(struct rs_store *s)
{
	struct rs_io *io = s->io;

	rs_timer_stop(s);
	free_store(s);
	io->ops->close(io);
}

/* Of a store at rest: what it does not need before it is used again. */
static void give_back_all(struct rs_store *s)
{
	if (s->log.next == 0)
		rs_log_punch(s);
	while (rs_alloc_punch_rest(&s->alloc))
		;
}

int rs_close(struct rs_store *s)
{
	int err = 0;

	if (!s)
		return 0;
	rs_timer_stop(s);
	if (!s->read_only) {
		err = rs_commit(s, NULL);
		if (!err && atomic_load(&s->counters.commits) > 0)
			err = rs_write_steady(s);
		if (!err && s->commit_ms)
			give_back_all(s);
	}
	rs_abandon(s);
	return err;
}
