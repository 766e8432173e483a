/* SPDX-License-Identifier: Apache-2.0 */
/* blob.c - what a program with CRoaring does by itself: sets in memory, and for
 * each durable step all of one serialised into a new file that takes the place
 * of the old one.
 */

#include <fcntl.h>
#include <roaring/roaring64.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/bench/peers/peer.h"

#define CHUNK 1024u
#define SETS  2u

struct blob {
	roaring64_bitmap_t *sets[SETS];
	uint32_t last; /* changed */
	char path[4000];
};

static roaring64_bitmap_t *set_of(void *p, uint32_t set)
{
	must(set < SETS, "number of sets");
	return ((struct blob *)p)->sets[set];
}

static void *blob_open(const char *dir)
{
	struct blob *b = must_alloc(sizeof(*b));

	b->last = 0;
	for (unsigned i = 0; i < SETS; i++) {
		b->sets[i] = roaring64_bitmap_create();
		must(b->sets[i] != NULL, "memory");
	}
	snprintf(b->path, sizeof(b->path), "%s/blob", dir);
	return b;
}

static void blob_add(void *p, const struct group *g)
{
	size_t n;
	uint64_t *m = sorted(g, &n);

	roaring64_bitmap_add_many(set_of(p, g->set), n, m);
	((struct blob *)p)->last = g->set;
	free(m);
}

static void blob_remove(void *p, const struct group *g)
{
	size_t n;
	uint64_t *m = sorted(g, &n);

	roaring64_bitmap_remove_many(set_of(p, g->set), n, m);
	((struct blob *)p)->last = g->set;
	free(m);
}

static void blob_commit(void *p)
{
	const struct blob *b = p;
	roaring64_bitmap_t *set = set_of(p, b->last);
	char path[4096];
	char fresh[4100];
	size_t size;
	char *bytes;
	int fd;

	roaring64_bitmap_run_optimize(set);
	size = roaring64_bitmap_portable_size_in_bytes(set);
	bytes = must_alloc(size);
	must(roaring64_bitmap_portable_serialize(set, bytes) == size,
	     "serialise");
	snprintf(path, sizeof(path), "%s%u", b->path, b->last);
	snprintf(fresh, sizeof(fresh), "%s.new", path);
	fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	must(fd >= 0, fresh);
	for (size_t at = 0; at < size;) {
		ssize_t n = write(fd, bytes + at, size - at);

		must(n > 0, "write");
		at += (size_t)n;
	}
	must(fdatasync(fd) == 0 && close(fd) == 0, "fdatasync");
	must(rename(fresh, path) == 0, "rename");
	free(bytes);
}

static void blob_close(void *p)
{
	struct blob *b = p;

	for (unsigned i = 0; i < SETS; i++)
		roaring64_bitmap_free(b->sets[i]);
	free(b);
}

static uint64_t blob_count(void *p, uint32_t set)
{
	return roaring64_bitmap_get_cardinality(set_of(p, set));
}

static void blob_ends(void *p, uint32_t set, uint64_t ret_ends[2])
{
	ret_ends[0] = roaring64_bitmap_minimum(set_of(p, set));
	ret_ends[1] = roaring64_bitmap_maximum(set_of(p, set));
}

static uint64_t blob_read_all(void *p, uint32_t set)
{
	roaring64_iterator_t *it = roaring64_iterator_create(set_of(p, set));
	uint64_t members[CHUNK];
	uint64_t sum = 0;
	uint64_t n;

	must(it != NULL, "memory");
	while ((n = roaring64_iterator_read(it, members, CHUNK)) > 0)
		sum += n;
	roaring64_iterator_free(it);
	return sum;
}

static uint64_t blob_shared(void *p, uint32_t a, uint32_t b)
{
	return roaring64_bitmap_and_cardinality(set_of(p, a), set_of(p, b));
}

const struct peer_ops peer_blob = {
	.name = "blob",
	.one_set = true,
	.open = blob_open,
	.add = blob_add,
	.remove = blob_remove,
	.commit = blob_commit,
	.close = blob_close,
	.count = blob_count,
	.ends = blob_ends,
	.read_all = blob_read_all,
	.shared = blob_shared,
};
