/* SPDX-License-Identifier: Apache-2.0 */
/* lmdb.c - LMDB: one database, key = set, sorted fixed-size duplicates =
 * members, one write transaction for each durable step. Batches are sorted;
 * what lies above all that is there is appended, many at a time.
 */

#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/bench/peers/peer.h"

#define MAP_SIZE ((size_t)32 << 30)

struct lmdb {
	MDB_env *env;
	MDB_dbi dbi;
	MDB_txn *txn; /* NULL: nothing asked since the commit */
	MDB_cursor *c;
};

static void done(int rc, const char *what)
{
	if (rc)
		fprintf(stderr, "lmdb: %s: %s\n", what, mdb_strerror(rc));
	must(rc == 0, what);
}

static void begin(struct lmdb *l)
{
	if (l->txn)
		return;
	done(mdb_txn_begin(l->env, NULL, 0, &l->txn), "begin");
	done(mdb_cursor_open(l->txn, l->dbi, &l->c), "cursor");
}

static void lmdb_commit(void *p)
{
	struct lmdb *l = p;

	mdb_cursor_close(l->c);
	done(mdb_txn_commit(l->txn), "commit");
	l->txn = NULL;
}

static void *lmdb_open(const char *dir)
{
	struct lmdb *l = must_alloc(sizeof(*l));
	MDB_txn *t;
	char path[4096];

	*l = (struct lmdb){ .txn = NULL };
	snprintf(path, sizeof(path), "%s/lmdb", dir);
	must(mkdir(path, 0700) == 0, path);
	done(mdb_env_create(&l->env), "env");
	done(mdb_env_set_mapsize(l->env, MAP_SIZE), "map size");
	done(mdb_env_open(l->env, path, 0, 0600), "open");
	done(mdb_txn_begin(l->env, NULL, 0, &t), "begin");
	done(mdb_dbi_open(t, NULL,
			  MDB_CREATE | MDB_INTEGERKEY | MDB_DUPSORT |
				  MDB_DUPFIXED | MDB_INTEGERDUP,
			  &l->dbi),
	     "dbi");
	done(mdb_txn_commit(t), "commit");
	return l;
}

static MDB_val key_of(unsigned *set)
{
	return (MDB_val){ .mv_size = sizeof(*set), .mv_data = set };
}

/* Do all members come behind what the set has? */
static bool is_above(struct lmdb *l, unsigned set, uint64_t least)
{
	MDB_val key = key_of(&set);
	MDB_val last;
	uint64_t there;
	int rc = mdb_cursor_get(l->c, &key, &last, MDB_SET_KEY);

	if (rc == MDB_NOTFOUND)
		return true;
	done(rc, "find");
	done(mdb_cursor_get(l->c, &key, &last, MDB_LAST_DUP), "last");
	memcpy(&there, last.mv_data, sizeof(there));
	return there < least;
}

static void lmdb_add(void *p, const struct group *g)
{
	struct lmdb *l = p;
	size_t n;
	uint64_t *m = sorted(g, &n);
	unsigned set = g->set;
	MDB_val key = key_of(&set);
	unsigned append;

	begin(l);
	append = is_above(l, set, m[0]) ? MDB_APPENDDUP : 0;
	for (size_t i = 0; i < n;) {
		MDB_val many[2] = {
			{ .mv_size = sizeof(*m), .mv_data = m + i },
			{ .mv_size = n - i },
		};

		done(mdb_cursor_put(l->c, &key, many, MDB_MULTIPLE | append),
		     "put");
		i += many[1].mv_size;
	}
	free(m);
}

static void lmdb_remove(void *p, const struct group *g)
{
	struct lmdb *l = p;
	size_t n;
	uint64_t *m = sorted(g, &n);
	unsigned set = g->set;

	begin(l);
	for (size_t i = 0; i < n; i++) {
		MDB_val key = key_of(&set);
		MDB_val val = { .mv_size = sizeof(*m), .mv_data = m + i };
		int rc = mdb_cursor_get(l->c, &key, &val, MDB_GET_BOTH);

		if (rc == 0)
			rc = mdb_cursor_del(l->c, 0);
		done(rc == MDB_NOTFOUND ? 0 : rc, "delete");
	}
	free(m);
}

static void lmdb_close(void *p)
{
	struct lmdb *l = p;

	mdb_env_close(l->env);
	free(l);
}

/* --- asking --------------------------------------------------------------- */

static MDB_cursor *in_set(struct lmdb *l, MDB_txn *t, unsigned *set,
			  MDB_val *ret_first)
{
	MDB_val key = key_of(set);
	MDB_cursor *c;

	done(mdb_cursor_open(t, l->dbi, &c), "cursor");
	done(mdb_cursor_get(c, &key, ret_first, MDB_SET_KEY), "find");
	return c;
}

static MDB_cursor *at_set(struct lmdb *l, unsigned *set, MDB_txn **ret_txn,
			  MDB_val *ret_first)
{
	done(mdb_txn_begin(l->env, NULL, MDB_RDONLY, ret_txn), "begin");
	return in_set(l, *ret_txn, set, ret_first);
}

static void leave(MDB_cursor *c, MDB_txn *t)
{
	mdb_cursor_close(c);
	mdb_txn_abort(t);
}

static uint64_t lmdb_count(void *p, uint32_t set)
{
	unsigned k = set;
	MDB_txn *t;
	MDB_val first;
	MDB_cursor *c = at_set(p, &k, &t, &first);
	size_t n;

	done(mdb_cursor_count(c, &n), "count");
	leave(c, t);
	return n;
}

static void lmdb_ends(void *p, uint32_t set, uint64_t ret_ends[2])
{
	unsigned k = set;
	MDB_txn *t;
	MDB_val v;
	MDB_val key;
	MDB_cursor *c = at_set(p, &k, &t, &v);

	memcpy(&ret_ends[0], v.mv_data, sizeof(ret_ends[0]));
	done(mdb_cursor_get(c, &key, &v, MDB_LAST_DUP), "last");
	memcpy(&ret_ends[1], v.mv_data, sizeof(ret_ends[1]));
	leave(c, t);
}

static uint64_t lmdb_read_all(void *p, uint32_t set)
{
	unsigned k = set;
	uint64_t n = 0;
	volatile uint64_t seen;
	uint64_t sum = 0;
	MDB_txn *t;
	MDB_val v;
	MDB_val key;
	MDB_cursor *c = at_set(p, &k, &t, &v);

	for (int rc = mdb_cursor_get(c, &key, &v, MDB_GET_MULTIPLE); rc == 0;
	     rc = mdb_cursor_get(c, &key, &v, MDB_NEXT_MULTIPLE)) {
		for (size_t i = 0; i < v.mv_size; i += sizeof(uint64_t)) {
			uint64_t m;

			memcpy(&m, (const char *)v.mv_data + i, sizeof(m));
			sum += m;
		}
		n += v.mv_size / sizeof(uint64_t);
	}
	seen = sum;
	(void)seen;
	leave(c, t);
	return n;
}

/* Members of a set, a page of them at a time. */
struct reader {
	MDB_cursor *c;
	const char *at, *end; /* not aligned */
};

static bool next_page(struct reader *r, MDB_cursor_op op)
{
	MDB_val key;
	MDB_val v;
	int rc = mdb_cursor_get(r->c, &key, &v, op);

	if (rc == MDB_NOTFOUND)
		return false;
	done(rc, "read");
	r->at = v.mv_data;
	r->end = r->at + v.mv_size;
	return true;
}

static bool next_member(struct reader *r, uint64_t *ret_member)
{
	if (r->at == r->end && !next_page(r, MDB_NEXT_MULTIPLE))
		return false;
	memcpy(ret_member, r->at, sizeof(*ret_member));
	r->at += sizeof(*ret_member);
	return true;
}

static uint64_t merge(struct reader *a, struct reader *b)
{
	uint64_t x, y;
	uint64_t n = 0;
	bool more = next_member(a, &x) && next_member(b, &y);

	while (more) {
		n += x == y;
		if (x <= y)
			more = next_member(a, &x);
		else
			more = next_member(b, &y);
	}
	return n;
}

static uint64_t lmdb_shared(void *p, uint32_t a, uint32_t b)
{
	unsigned key[2] = { a, b };
	struct reader r[2] = { { .c = NULL }, { .c = NULL } };
	struct lmdb *l = p;
	MDB_txn *t;
	MDB_val first;
	uint64_t n;

	done(mdb_txn_begin(l->env, NULL, MDB_RDONLY, &t), "begin");
	for (int i = 0; i < 2; i++) {
		r[i].c = in_set(l, t, &key[i], &first);
		must(next_page(&r[i], MDB_GET_MULTIPLE), "read");
	}
	n = merge(&r[0], &r[1]);
	mdb_cursor_close(r[0].c);
	leave(r[1].c, t);
	return n;
}

const struct peer_ops peer_lmdb = {
	.name = "LMDB",
	.open = lmdb_open,
	.add = lmdb_add,
	.remove = lmdb_remove,
	.commit = lmdb_commit,
	.close = lmdb_close,
	.count = lmdb_count,
	.ends = lmdb_ends,
	.read_all = lmdb_read_all,
	.shared = lmdb_shared,
};
