/* SPDX-License-Identifier: Apache-2.0 */
/* stats.c - what the store says about itself. */
#include "regionstore/store_state.h"

#include <string.h>

static void fill_counters(struct rs_store *s, struct rs_stats *st)
{
	st->commits = atomic_load(&s->counters.commits);
	st->syncs = atomic_load(&s->counters.syncs);
	st->writes = atomic_load(&s->counters.writes);
	st->write_bytes = atomic_load(&s->counters.write_bytes);
	st->one_flush = atomic_load(&s->counters.one_flush);
	st->runs = atomic_load(&s->counters.runs);
	st->log_writes = atomic_load(&s->counters.log_writes);
	st->anew = atomic_load(&s->counters.anew);
	st->log_found = s->log.n_found;
	st->was_closed = s->was_closed;
}

/* The live tree, and how much of it has no page yet. */
static void fill_live(struct rs_store *s, struct rs_stats *st)
{
	struct rs_root root;

	lock_take(&s->root_lock);
	rs_root_ref(&root, &s->live);
	st->snapshots = s->snaps.n;
	lock_drop(&s->root_lock);
	st->records = root.sum.count;
	st->weight = root.sum.weight;
	rwlock_read(&s->sweep);
	st->dirty_bytes = rs_bytes(rs_tree_dirty(&root));
	rwlock_drop(&s->sweep);
	st->dirty_bytes += rs_bytes(atomic_load(&s->dirty_pages));
	rs_root_put(&root);
}

void rs_stats(struct rs_store *s, struct rs_stats *ret_stats)
{
	struct rs_stats st = { .file_bytes = rs_bytes(rs_file_pages(s)) };

	rs_store_check_size(s);
	st.txid = atomic_load(&s->durable);
	st.unreadable = atomic_load(&s->map.n_bad);
	lock_take(&s->alloc.lock);
	st.used_bytes = rs_bytes(s->alloc.used_pages);
	st.pinned_bytes = rs_bytes(s->alloc.pinned_pages);
	st.reuse_bytes = rs_bytes(s->alloc.warm_pages +
				  rs_extents_pages(&s->alloc.quarantine));
	lock_drop(&s->alloc.lock);
	fill_live(s, &st);
	fill_counters(s, &st);
	lock_take(&s->sync.lock);
	st.error = atomic_load(&s->error);
	memcpy(st.error_text, s->error_text.msg, sizeof(st.error_text));
	memcpy(st.anew_text, s->anew.last.msg, sizeof(st.anew_text));
	lock_drop(&s->sync.lock);
	memcpy(st.uuid, s->header.uuid, sizeof(st.uuid));
	*ret_stats = st;
}
