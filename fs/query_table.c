/* SPDX-License-Identifier: Apache-2.0 */
/* query_table.c - found by number and by text; the oldest idle one goes. */

#include "fs/query_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "fs/node.h"
#include "regionstore/base/hash.h"

enum {
	BY_NUMBER,
	BY_TEXT
};

/* Without memory for the buckets nothing is ever found, or added. */
void fs_queries_init(struct fs_queries *q)
{
	memset(q, 0, sizeof(*q));
	lock_init(&q->lock, LOCK_QUEUE);
	lock_take(&q->lock);
	for (unsigned by = 0; by < 2; by++)
		q->buckets[by] =
			calloc(FS_QUERIES_BUCKETS, sizeof(struct fs_query *));
	lock_drop(&q->lock);
}

static uint64_t hash_of(const struct fs_query *one, unsigned by)
{
	uint64_t key[4] = { one->dir, one->kind, one->a, one->b };

	if (by == BY_NUMBER)
		return one->number;
	return hash64(one->text, strlen(one->text),
		      hash64(key, sizeof(key), 0));
}

static struct fs_query **bucket_locked(struct fs_queries *q,
				       const struct fs_query *one, unsigned by)
	REQUIRES(q->lock);

static struct fs_query **bucket_locked(struct fs_queries *q,
				       const struct fs_query *one, unsigned by)
{
	return &q->buckets[by][hash_of(one, by) % FS_QUERIES_BUCKETS];
}

static bool is_like(const struct fs_query *a, const struct fs_query *b,
		    unsigned by)
{
	if (by == BY_NUMBER)
		return a->number == b->number;
	return a->kind == b->kind && a->dir == b->dir && a->a == b->a &&
	       a->b == b->b && strcmp(a->text, b->text) == 0;
}

static struct fs_query *find_locked(struct fs_queries *q,
				    const struct fs_query *like, unsigned by)
	REQUIRES(q->lock);

static struct fs_query *find_locked(struct fs_queries *q,
				    const struct fs_query *like, unsigned by)
{
	struct fs_query *one = NULL;

	if (q->buckets[by])
		one = *bucket_locked(q, like, by);
	while (one && !is_like(one, like, by))
		one = one->next_in_bucket[by];
	return one;
}

/* --- the idle ones, by when they were used -------------------------------- */

static void wake_locked(struct fs_queries *q, struct fs_query *one)
	REQUIRES(q->lock);

static void wake_locked(struct fs_queries *q, struct fs_query *one)
{
	if (one->newer)
		one->newer->older = one->older;
	else
		q->newest = one->older;
	if (one->older)
		one->older->newer = one->newer;
	else
		q->oldest = one->newer;
	one->newer = NULL;
	one->older = NULL;
	q->idle--;
}

static void hold_locked(struct fs_queries *q, struct fs_query *one)
	REQUIRES(q->lock);

static void hold_locked(struct fs_queries *q, struct fs_query *one)
{
	if (one->holders++ == 0)
		wake_locked(q, one);
}

static void rest_locked(struct fs_queries *q, struct fs_query *one)
	REQUIRES(q->lock);

static void rest_locked(struct fs_queries *q, struct fs_query *one)
{
	one->older = q->newest;
	if (q->newest)
		q->newest->newer = one;
	else
		q->oldest = one;
	q->newest = one;
	q->idle++;
}

static void unlist_locked(struct fs_queries *q, const struct fs_query *one)
	REQUIRES(q->lock);

static void unlist_locked(struct fs_queries *q, const struct fs_query *one)
{
	for (unsigned by = 0; by < 2; by++) {
		struct fs_query **at = bucket_locked(q, one, by);

		while (*at != one)
			at = &(*at)->next_in_bucket[by];
		*at = one->next_in_bucket[by];
	}
}

static void free_query(struct fs_query *one)
{
	if (one)
		free(one->text);
	free(one);
}

/* The oldest, when there are too many, out of the table. */
static struct fs_query *spare_locked(struct fs_queries *q) REQUIRES(q->lock);

static struct fs_query *spare_locked(struct fs_queries *q)
{
	struct fs_query *one = q->oldest;

	if (q->idle <= FS_QUERIES_KEPT)
		return NULL;
	wake_locked(q, one);
	unlist_locked(q, one);
	return one;
}

void fs_queries_finish(struct fs_queries *q)
{
	lock_take(&q->lock);
	while (q->oldest) {
		struct fs_query *one = q->oldest;

		wake_locked(q, one);
		free_query(one);
	}
	for (unsigned by = 0; by < 2; by++)
		free(q->buckets[by]);
	lock_drop(&q->lock);
	lock_finish(&q->lock);
}

/* --- finding and holding -------------------------------------------------- */

static struct fs_query *copy_of(const struct fs_query *like)
{
	struct fs_query *one = calloc(1, sizeof(*one));

	if (!one)
		return NULL;
	one->kind = like->kind;
	one->dir = like->dir;
	one->a = like->a;
	one->b = like->b;
	one->text = strdup(like->text);
	if (one->text)
		return one;
	free(one);
	return NULL;
}

/* Held, and under a number that nothing ever had. */
static int add_locked(struct fs_queries *q, struct fs_query *one)
	REQUIRES(q->lock);

static int add_locked(struct fs_queries *q, struct fs_query *one)
{
	if (!q->buckets[BY_NUMBER] || !q->buckets[BY_TEXT])
		return -ENOMEM;
	if (q->numbers + 1 >= FS_NODE_QUERIES)
		return -EOVERFLOW;
	one->number = ++q->numbers;
	one->holders = 1;
	for (unsigned by = 0; by < 2; by++) {
		struct fs_query **at = bucket_locked(q, one, by);

		one->next_in_bucket[by] = *at;
		*at = one;
	}
	return 0;
}

int fs_query_find(struct fs_queries *q, const struct fs_query *like,
		  struct fs_query **ret_query)
{
	struct fs_query *fresh = NULL;
	struct fs_query *one;
	int err = 0;

	lock_take(&q->lock);
	one = find_locked(q, like, BY_TEXT);
	if (one) {
		hold_locked(q, one);
	} else {
		fresh = copy_of(like);
		err = fresh ? add_locked(q, fresh) : -ENOMEM;
		one = fresh;
	}
	lock_drop(&q->lock);
	if (err)
		free_query(fresh);
	else
		*ret_query = one;
	return err;
}

struct fs_query *fs_query_hold(struct fs_queries *q, uint64_t number)
{
	struct fs_query like = { .number = number };
	struct fs_query *one;

	lock_take(&q->lock);
	one = find_locked(q, &like, BY_NUMBER);
	if (one)
		hold_locked(q, one);
	lock_drop(&q->lock);
	return one;
}

void fs_query_drop(struct fs_queries *q, struct fs_query *one)
{
	struct fs_query *spare = NULL;

	lock_take(&q->lock);
	if (--one->holders == 0) {
		rest_locked(q, one);
		spare = spare_locked(q);
	}
	lock_drop(&q->lock);
	free_query(spare);
}

/* --- what is known of them ------------------------------------------------ */

bool fs_query_recall(struct fs_queries *q, const struct fs_query *one,
		     enum fs_face face, uint64_t version,
		     struct fs_query_known *ret_known)
{
	const struct fs_query_known *k = &one->known[face];
	bool is;

	lock_take(&q->lock);
	is = k->is && k->version == version;
	if (is)
		*ret_known = *k;
	lock_drop(&q->lock);
	return is;
}

void fs_query_note(struct fs_queries *q, struct fs_query *one,
		   enum fs_face face, const struct fs_query_known *known)
{
	struct fs_query_known *k = &one->known[face];

	lock_take(&q->lock);
	k->is = true;
	k->version = known->version;
	k->value = known->value;
	k->none = known->none;
	lock_drop(&q->lock);
}

void fs_query_opened(struct fs_queries *q, struct fs_query *one,
		     enum fs_face face, uint64_t size)
{
	lock_take(&q->lock);
	one->known[face].opens++;
	one->known[face].open_size = size;
	lock_drop(&q->lock);
}

void fs_query_closed(struct fs_queries *q, struct fs_query *one,
		     enum fs_face face)
{
	lock_take(&q->lock);
	one->known[face].opens--;
	lock_drop(&q->lock);
}

bool fs_query_open_size(struct fs_queries *q, const struct fs_query *one,
			enum fs_face face, uint64_t *ret_size)
{
	bool is;

	lock_take(&q->lock);
	is = one->known[face].opens;
	if (is)
		*ret_size = one->known[face].open_size;
	lock_drop(&q->lock);
	return is;
}
