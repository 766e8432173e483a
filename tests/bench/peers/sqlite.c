/* SPDX-License-Identifier: Apache-2.0 */
/* sqlite.c - SQLite: one table without row IDs, keyed by set and member; WAL
 * and synchronous = FULL; prepared statements, sorted batches, one transaction
 * for each durable step.
 */

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/bench/peers/peer.h"

enum {
	INSERT,
	DELETE,
	COUNT,
	MIN,
	MAX,
	ALL,
	SHARED,
	STATEMENTS
};

static const char *const texts[STATEMENTS] = {
	[INSERT] = "INSERT OR IGNORE INTO sets VALUES (?1, ?2)",
	[DELETE] = "DELETE FROM sets WHERE id = ?1 AND member = ?2",
	[COUNT] = "SELECT count(*) FROM sets WHERE id = ?1",
	[MIN] = "SELECT min(member) FROM sets WHERE id = ?1",
	[MAX] = "SELECT max(member) FROM sets WHERE id = ?1",
	[ALL] = "SELECT member FROM sets WHERE id = ?1 ORDER BY member",
	/* NOLINTNEXTLINE(bugprone-suspicious-missing-comma): one text */
	[SHARED] = "SELECT count(*) FROM sets a JOIN sets b USING (member)"
		   " WHERE a.id = ?1 AND b.id = ?2",
};

struct sqlite {
	sqlite3 *db;
	sqlite3_stmt *st[STATEMENTS];
	bool open; /* a transaction is */
};

static void done(struct sqlite *s, int rc, const char *what)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE && rc != SQLITE_ROW) {
		fprintf(stderr, "sqlite: %s\n", sqlite3_errmsg(s->db));
		must(false, what);
	}
}

static void run(struct sqlite *s, const char *sql)
{
	done(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL), sql);
}

static void *sqlite_open(const char *dir)
{
	struct sqlite *s = must_alloc(sizeof(*s));
	char path[4096];

	*s = (struct sqlite){ .db = NULL };
	snprintf(path, sizeof(path), "%s/sqlite.db", dir);
	done(s, sqlite3_open(path, &s->db), path);
	run(s, "PRAGMA journal_mode = WAL");
	run(s, "PRAGMA synchronous = FULL");
	run(s, "PRAGMA cache_size = -262144");
	run(s, "CREATE TABLE sets (id INTEGER, member INTEGER,"
	       " PRIMARY KEY (id, member)) WITHOUT ROWID");
	for (unsigned i = 0; i < STATEMENTS; i++)
		done(s,
		     sqlite3_prepare_v2(s->db, texts[i], -1, &s->st[i], NULL),
		     texts[i]);
	return s;
}

/* Its integers have a sign: this keeps the order. */
static sqlite3_int64 with_sign(uint64_t member)
{
	return (sqlite3_int64)(member ^ (uint64_t)1 << 63);
}

static void each(struct sqlite *s, sqlite3_stmt *st, const struct group *g)
{
	size_t n;
	uint64_t *m = sorted(g, &n);

	if (!s->open)
		run(s, "BEGIN IMMEDIATE");
	s->open = true;
	sqlite3_bind_int64(st, 1, g->set);
	for (size_t i = 0; i < n; i++) {
		sqlite3_bind_int64(st, 2, with_sign(m[i]));
		done(s, sqlite3_step(st), "step");
		sqlite3_reset(st);
	}
	free(m);
}

static void sqlite_add(void *p, const struct group *g)
{
	each(p, ((struct sqlite *)p)->st[INSERT], g);
}

static void sqlite_remove(void *p, const struct group *g)
{
	each(p, ((struct sqlite *)p)->st[DELETE], g);
}

static void sqlite_commit(void *p)
{
	run(p, "COMMIT");
	((struct sqlite *)p)->open = false;
}

static void sqlite_shut(void *p)
{
	struct sqlite *s = p;

	for (unsigned i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->st[i]);
	done(s, sqlite3_close(s->db), "close");
	free(s);
}

/* --- asking --------------------------------------------------------------- */

static uint64_t ask(struct sqlite *s, unsigned what, uint32_t set)
{
	sqlite3_stmt *st = s->st[what];
	uint64_t n;

	sqlite3_bind_int64(st, 1, set);
	done(s, sqlite3_step(st), "step");
	n = (uint64_t)sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return n;
}

static uint64_t sqlite_count(void *p, uint32_t set)
{
	return ask(p, COUNT, set);
}

static void sqlite_ends(void *p, uint32_t set, uint64_t ret_ends[2])
{
	ret_ends[0] = ask(p, MIN, set);
	ret_ends[1] = ask(p, MAX, set);
}

static uint64_t sqlite_read_all(void *p, uint32_t set)
{
	struct sqlite *s = p;
	sqlite3_stmt *st = s->st[ALL];
	uint64_t n = 0;
	int rc;

	sqlite3_bind_int64(st, 1, set);
	while ((rc = sqlite3_step(st)) == SQLITE_ROW)
		n += sqlite3_column_int64(st, 0) != 0;
	done(s, rc, "step");
	sqlite3_reset(st);
	return n;
}

static uint64_t sqlite_shared(void *p, uint32_t a, uint32_t b)
{
	struct sqlite *s = p;

	sqlite3_bind_int64(s->st[SHARED], 2, b);
	return ask(s, SHARED, a);
}

const struct peer_ops peer_sqlite = {
	.name = "SQLite",
	.open = sqlite_open,
	.add = sqlite_add,
	.remove = sqlite_remove,
	.commit = sqlite_commit,
	.close = sqlite_shut,
	.count = sqlite_count,
	.ends = sqlite_ends,
	.read_all = sqlite_read_all,
	.shared = sqlite_shared,
};
