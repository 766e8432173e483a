/* SPDX-License-Identifier: Apache-2.0 */
/* set_kit.c - what the benchmarks of sets share. */
#include "tests/bench/set_kit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PIECE (128u << 10) /* as the kernel cuts writes */

double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Of all threads. */
double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "%s: %s\n", what, strerror(-err));
	exit(EXIT_FAILURE);
}

void *must_alloc(size_t size)
{
	void *p = malloc(size);

	if (!p)
		must(-ENOMEM, "memory");
	return p;
}

/* --- the store ------------------------------------------------------------ */

void open_store(struct bench *b, const char *dir)
{
	const struct rs_open_opts opts = { .log_pages = RS_LOG_PAGES };

	snprintf(b->path, sizeof(b->path), "%s/set-bench.store", dir);
	unlink(b->path);
	must(rs_create(b->path, NULL), "create");
	must(rs_open(b->path, &opts, &b->store, NULL), "open");
	must(bm_open(b->store, NULL, &b->db, NULL), "sets");
	snprintf(b->path, sizeof(b->path), "%s/set-bench.page", dir);
	b->floor_fd = open(b->path, O_CREAT | O_RDWR | O_TRUNC, 0600);
	must(b->floor_fd < 0 ? -errno : 0, b->path);
	unlink(b->path);
	snprintf(b->path, sizeof(b->path), "%s/set-bench.store", dir);
}

/* One overwrite of a page, durable. */
double floor_step(struct bench *b)
{
	static char page[4096];
	double start = now_ns();

	page[0]++;
	must(pwrite(b->floor_fd, page, sizeof(page), 0) < 0 ? -errno : 0,
	     "write");
	must(fdatasync(b->floor_fd) < 0 ? -errno : 0, "fdatasync");
	return now_ns() - start;
}

void close_store(struct bench *b)
{
	bm_close(b->db);
	must(rs_close(b->store), "close");
	unlink(b->path);
}

uint64_t make_set(struct bench *b)
{
	return make_set_by(b, 0);
}

uint64_t make_set_by(struct bench *b, uint32_t shards)
{
	struct rs_object obj = { 0 };
	struct rs_txn *t;
	uint64_t ino;

	bm_object_init(&obj);
	must(bm_object_set_shards(&obj, shards), "shards");
	must(rs_txn_begin(b->store, &t), "txn");
	ino = rs_txn_new_id(t);
	must(rs_object_put(t, ino, &obj), "object");
	must(rs_txn_end(t), "txn");
	return ino;
}

struct bm_view *view_of(struct bench *b, uint64_t ino)
{
	struct bm_view *bv;
	struct rs_view *v;

	must(bm_settle(b->db, ino), "settle");
	must(rs_view_live(b->store, &v), "view");
	must(bm_view_open(v, ino, &bv), "view");
	rs_view_put(v);
	return bv;
}

/* --- text ----------------------------------------------------------------- */

uint64_t rand32(struct rng *r, uint64_t i)
{
	(void)i;
	return rng_u64(r) >> 32;
}

uint64_t rand64(struct rng *r, uint64_t i)
{
	(void)i;
	return rng_u64(r);
}

uint64_t ascending(struct rng *r, uint64_t i)
{
	(void)r;
	return 1000000000 + i;
}

/* printf would be most of a profile. */
size_t put_line(char *to, const char *sign, uint64_t member)
{
	char digits[21];
	size_t at = sizeof(digits);
	size_t n = 0;

	digits[--at] = '\n';
	for (; member > 9; member /= 10)
		digits[--at] = (char)('0' + member % 10);
	digits[--at] = (char)('0' + member);
	for (; sign[n]; n++)
		to[n] = sign[n];
	memcpy(to + n, digits + at, sizeof(digits) - at);
	return n + sizeof(digits) - at;
}

struct text make_text(struct rng *r, member_fn *member, uint64_t n,
		      const char *sign)
{
	struct text t = { .p = must_alloc(n * 22 + 1) };

	for (uint64_t i = 0; i < n; i++)
		t.len += put_line(t.p + t.len, sign, member(r, i));
	return t;
}

/* The text is queued for the set, by writes of PIECE bytes. */
void queue_text(struct bench *b, uint64_t ino, const struct text *t)
{
	struct bm_partial partial;

	bm_partial_init(&partial);
	for (size_t off = 0; off < t->len; off += PIECE) {
		size_t len = t->len - off < PIECE ? t->len - off : PIECE;
		struct bm_batch batch;

		bm_batch_init(&batch);
		must(bm_partial_feed(&partial, t->p + off, len, &batch, NULL),
		     "parse");
		must(bm_append(b->db, ino, &batch, 1), "append");
		bm_batch_finish(&batch);
	}
}

/* The text goes into the set. */
struct cost write_text(struct bench *b, uint64_t ino, const struct text *t)
{
	struct cost c = { 0 };
	double start = now_ns();

	queue_text(b, ino, t);
	c.parse = now_ns() - start;
	start = now_ns();
	must(bm_settle(b->db, ino), "settle");
	c.settle = now_ns() - start;
	start = now_ns();
	must(rs_sync(b->store), "sync");
	c.sync = now_ns() - start;
	return c;
}
