/* SPDX-License-Identifier: Apache-2.0 */
/* facts.h - everything a user can see of a view, as a list of hashes.
 *
 * A FACT is the answer to one question about one path: its attributes, its
 * extended attributes, or its content (the names in a directory, the lines of
 * a set, the bytes of a region, the target of a link). Inode numbers are in
 * none of them, so two stores that look the same have the same facts.
 *
 * What could not be read is a fact with an error instead of a hash. A fact
 * can be asked again of another view, by its path alone: so a damaged store is
 * held against what it was, even where its directories cannot be listed.
 *
 * What has expired and was not removed yet is seen: facts change by changes
 * and not by the time.
 */
#ifndef TESTS_SUPPORT_FACTS_H
#define TESTS_SUPPORT_FACTS_H

#include "fs/ns.h"

enum fact_kind {
	FACT_ATTR,
	FACT_XATTR,
	FACT_CONTENT,
	FACT_KINDS
};

#define FACT_PATH_MAX 256u

struct fact {
	enum fact_kind kind;
	char path[FACT_PATH_MAX]; /* below the root, which is "" */
	int err;
	uint64_t hash;
};

struct facts {
	struct fact *f;
	size_t n, cap;
	int err; /* the first directory that could not be listed */
};

void facts_read(struct rs_view *v, struct facts *ret_facts);
void facts_finish(struct facts *fs); /* accepts a zeroed one */

/* Another answer to the same question. */
struct fact fact_again(struct rs_view *v, const struct fact *f);

/* All facts in one number, whatever their order, or the first error. */
int view_digest(struct rs_view *v, uint64_t *ret_digest);
/* The same of db's live view, as if what waits for its sets were settled: who
 * looks at a set makes it so. Nothing is settled by this. */
int view_foresee(struct rs_view *v, struct bm_db *db, uint64_t *ret_digest);

/* The same of a name with a digest: a snapshot. Add them up. */
uint64_t snap_digest(const char *name, uint64_t digest);
/* The sum over all snapshots of a store, read. */
int snaps_digest(struct rs_store *s, uint64_t *ret_digest);

#endif
