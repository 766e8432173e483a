/* SPDX-License-Identifier: Apache-2.0 */
/* library.c - roarfs without the mount and without text: bitmap/ on a store in
 * a file, called in this process as LMDB and SQLite are.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "bitmap/bitmap.h"
#include "tests/bench/peers/peer.h"

#define PIECE	 (64u << 10) /* members in a batch */
#define CHUNK	 1024u	     /* members read at a time */
#define SETS_MAX 65536u

struct library {
	struct rs_store *store;
	struct bm_db *db;
	uint64_t ino[SETS_MAX]; /* 0: not made yet */
};

static void done(int err, const char *what)
{
	errno = -err;
	must(err == 0, what);
}

static void *lib_open(const char *dir)
{
	struct library *l = must_alloc(sizeof(*l));
	/* As the mount has it. */
	const struct rs_open_opts opts = { .commit_ms = 5000,
					   .log_pages = RS_LOG_PAGES };
	char path[4096];

	*l = (struct library){ .store = NULL };
	snprintf(path, sizeof(path), "%s/store", dir);
	done(rs_create(path, NULL), "create");
	done(rs_open(path, &opts, &l->store, NULL), "open");
	done(bm_open(l->store, NULL, &l->db, NULL), "sets");
	return l;
}

static uint64_t ino_of(struct library *l, uint32_t set)
{
	struct rs_object obj = { 0 };
	struct rs_txn *t;

	must(set < SETS_MAX, "number of sets");
	if (l->ino[set])
		return l->ino[set];
	bm_object_init(&obj);
	done(rs_txn_begin(l->store, &t), "txn");
	l->ino[set] = rs_txn_new_id(t);
	done(rs_object_put(t, l->ino[set], &obj), "object");
	done(rs_txn_end(t), "txn");
	return l->ino[set];
}

static void change(struct library *l, const struct group *g, enum bm_op op)
{
	uint64_t ino = ino_of(l, g->set);

	for (size_t at = 0; at < g->n; at += PIECE) {
		size_t end = g->n - at < PIECE ? g->n : at + PIECE;
		struct bm_batch b;

		bm_batch_init(&b);
		done(bm_batch_reserve(&b, end - at), "memory");
		for (size_t i = at; i < end; i++) {
			uint64_t m = g->members[i];

			done(op == BM_ADD ? bm_batch_add(&b, m)
					  : bm_batch_range(&b, m, m, op),
			     "batch");
		}
		done(bm_append(l->db, ino, &b, 1), "append");
		bm_batch_finish(&b);
	}
}

static void lib_add(void *p, const struct group *g)
{
	change(p, g, BM_ADD);
}

static void lib_remove(void *p, const struct group *g)
{
	change(p, g, BM_REMOVE);
}

static void lib_commit(void *p)
{
	done(rs_sync(((struct library *)p)->store), "sync");
}

static void lib_close(void *p)
{
	struct library *l = p;

	bm_close(l->db);
	done(rs_close(l->store), "close");
	free(l);
}

/* --- asking --------------------------------------------------------------- */

static struct bm_view *look(struct library *l, uint32_t set)
{
	struct bm_view *bv;
	struct rs_view *v;

	done(bm_settle(l->db, ino_of(l, set)), "settle");
	done(rs_view_live(l->store, &v), "view");
	done(bm_view_open(v, ino_of(l, set), &bv), "view");
	rs_view_put(v);
	return bv;
}

static struct bm_info info_of(void *p, uint32_t set)
{
	struct bm_view *bv = look(p, set);
	struct bm_info info = *bm_view_info(bv);

	bm_view_close(bv);
	return info;
}

static uint64_t lib_count(void *p, uint32_t set)
{
	return info_of(p, set).count;
}

static uint64_t lib_size(void *p, uint32_t set)
{
	return info_of(p, set).text_size;
}

static void lib_ends(void *p, uint32_t set, uint64_t ret_ends[2])
{
	struct bm_info info = info_of(p, set);

	ret_ends[0] = info.min;
	ret_ends[1] = info.max;
}

static uint64_t lib_read_all(void *p, uint32_t set)
{
	struct bm_view *bv = look(p, set);
	uint64_t members[CHUNK];
	struct bm_iter *it;
	uint64_t sum = 0;
	size_t n;

	done(bm_iter_new(bv, &it), "iterate");
	do {
		done(bm_iter_read(it, members, CHUNK, &n), "iterate");
		sum += n;
	} while (n);
	bm_iter_free(it);
	bm_view_close(bv);
	return sum;
}

static uint64_t lib_shared(void *p, uint32_t a, uint32_t b)
{
	struct bm_expr *x, *y, *both;
	uint64_t n;

	done(bm_expr_view(look(p, a), &x), "query");
	done(bm_expr_view(look(p, b), &y), "query");
	done(bm_expr_pair(BM_AND, x, y, &both), "query");
	done(bm_expr_count(both, &n), "query");
	bm_expr_free(both);
	return n;
}

static void lib_read_at(void *p, uint32_t set, uint64_t off, size_t len)
{
	struct bm_view *bv = look(p, set);
	char buf[4096];
	size_t got;

	done(bm_read_text(bv, off, buf, len < sizeof(buf) ? len : sizeof(buf),
			  &got),
	     "read");
	bm_view_close(bv);
}

const struct peer_ops peer_library = {
	.name = "library",
	.open = lib_open,
	.add = lib_add,
	.remove = lib_remove,
	.commit = lib_commit,
	.close = lib_close,
	.count = lib_count,
	.size = lib_size,
	.ends = lib_ends,
	.read_all = lib_read_all,
	.shared = lib_shared,
	.read_at = lib_read_at,
};
