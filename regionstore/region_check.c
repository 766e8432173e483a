/* SPDX-License-Identifier: Apache-2.0 */
/* region_check.c - are the chunks of regions what they should be? */

#include "regionstore/region_check.h"

#include "regionstore/base/hash.h"
#include "regionstore/region.h"
#include "regionstore/store.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

typedef void finding_fn(void *arg, const char *text);

/* Where findings go, and which region they are about. */
struct report {
	finding_fn *finding;
	void *arg;
	uint64_t ino;
};

static void report(const struct report *to, const char *fmt, ...)
	PRINTF_LIKE(2, 3);

static void report(const struct report *to, const char *fmt, ...)
{
	char text[192];
	int n = snprintf(text, sizeof(text), "region %" PRIu64 ": ", to->ino);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, args);
	va_end(args);
	to->finding(to->arg, text);
}

/* --- one record ----------------------------------------------------------- */

static void check_run(const struct rs_store *s, const struct rs_chunk *c,
		      const struct rs_run *run, uint64_t index,
		      const struct report *to)
{
	const uint8_t *data;

	if (rs_map_pages(s, run->pgno, run->len, &data)) {
		report(to,
		       "chunk %" PRIu64 ": page %" PRIu64
		       " is outside the file",
		       index, run->pgno);
		return;
	}
	for (unsigned i = 0; i < run->len; i++) {
		uint64_t csum = hash64(data + (size_t)i * RS_BLOCK_SIZE,
				       RS_BLOCK_SIZE, run->pgno + i);

		if (csum != c->csum[run->first + i])
			report(to,
			       "chunk %" PRIu64 ", block %u: page %" PRIu64
			       " does not match its checksum",
			       index, run->first + i, run->pgno + i);
	}
}

void rs_region_check(const struct rs_store *s, const struct rs_cursor *rec,
		     bool fast,
		     void (*own)(void *arg, uint64_t pgno, uint32_t npages,
				 uint64_t birth),
		     finding_fn *finding, void *arg)
{
	struct report to = { .finding = finding, .arg = arg };
	uint64_t index = 0;
	struct rs_chunk c;
	struct rs_run run;

	if (!rs_chunk_key_parse(rec->key, rec->key_len, &to.ino, &index) ||
	    index >= RS_REGION_MAX / RS_CHUNK_SIZE) {
		report(&to, "the key of a chunk is wrong");
		return;
	}
	if (rs_chunk_decode(rec->val, rec->val_len, &c)) {
		report(&to, "chunk %" PRIu64 " does not decode", index);
		return;
	}
	for (unsigned b = 0; rs_chunk_run(&c, b, RS_CHUNK_BLOCKS, &run);
	     b = run.first + run.len) {
		own(arg, run.pgno, run.len, run.birth);
		if (!fast)
			check_run(s, &c, &run, index, &to);
	}
}

/* --- objects against chunks ----------------------------------------------- */

/* What the chunks of one region come to. */
struct sums {
	uint64_t stored;
	uint64_t end_block; /* one past the last with a page */
};

static uint64_t last_block(uint64_t index, const struct rs_chunk *c)
{
	unsigned b = RS_CHUNK_BLOCKS;

	while (b > 0 && !c->pgno[b - 1])
		b--;
	return index * RS_CHUNK_BLOCKS + b;
}

/* -EUCLEAN when a chunk does not decode: that was found by whoever walked. */
static int sum_chunks(const struct rs_view *v, uint64_t ino,
		      struct sums *ret_sums)
{
	struct sums sums = { 0 };
	struct rs_chunk c;
	uint64_t index = 0;
	int err;

	while (!(err = rs_chunk_seek(v, ino, index, &index, &c))) {
		sums.stored += (uint64_t)rs_chunk_count(&c) * RS_BLOCK_SIZE;
		sums.end_block = last_block(index, &c);
		index++;
	}
	if (err != -ENOENT)
		return err;
	*ret_sums = sums;
	return 0;
}

static void compare(const struct rs_region *r, const struct sums *sums,
		    const struct report *to)
{
	uint64_t end = (r->size + RS_BLOCK_SIZE - 1) / RS_BLOCK_SIZE;

	if (r->is_inline && sums->end_block)
		report(to, "is inline and has chunks");
	if (sums->end_block > end)
		report(to, "has blocks behind its size %" PRIu64, r->size);
	if (sums->stored != r->stored)
		report(to, "says %" PRIu64 " bytes stored, has %" PRIu64,
		       r->stored, sums->stored);
}

/* -EUCLEAN is a finding, or was one when the walk met that record. */
static int check_object(const struct rs_view *v, const struct report *to)
{
	struct rs_object obj;
	struct rs_region r;
	struct sums sums;
	int err = rs_object_get(v, to->ino, &obj);

	if (err == -EUCLEAN) {
		report(to, "its object does not decode");
		return 0;
	}
	if (err || obj.kind != RS_KIND_REGION)
		return err;
	if (rs_region_decode(&obj, &r)) {
		report(to, "its body does not decode");
		return 0;
	}
	err = sum_chunks(v, to->ino, &sums);
	if (!err)
		compare(&r, &sums, to);
	return err == -EUCLEAN ? 0 : err;
}

static int check_owner(const struct rs_view *v, const struct report *to)
{
	struct rs_object obj;
	int err = rs_object_get(v, to->ino, &obj);

	if (err == -ENOENT)
		report(to, "has chunks and no object");
	else if (!err && obj.kind != RS_KIND_REGION)
		report(to, "has chunks and its object is no region's");
	return err == -ENOENT || err == -EUCLEAN ? 0 : err;
}

/* The first inode number at or after ino that has a record of a type. */
static int next_ino(const struct rs_view *v, uint8_t type, uint64_t ino,
		    uint64_t *ret_ino)
{
	uint8_t key[1 + sizeof(ino)] = { type };
	struct rs_cursor c;
	int err;

	be64_put(key + 1, ino);
	rs_cursor_init(&c, v);
	err = rs_cursor_seek(&c, key, sizeof(key));
	if (!err && (c.key[0] != type || c.key_len < sizeof(key)))
		err = -ENOENT;
	if (!err)
		*ret_ino = be64_get(c.key + 1);
	rs_cursor_finish(&c);
	return err;
}

/* Ask check() about each inode number that has a record of a type. */
static int for_each_ino(const struct rs_view *v, uint8_t type,
			int (*check)(const struct rs_view *v,
				     const struct report *to),
			struct report *to)
{
	uint64_t ino = 0;
	int err;

	while (!(err = next_ino(v, type, ino, &ino))) {
		to->ino = ino;
		err = check(v, to);
		if (err || ++ino == 0)
			return err;
	}
	return err == -ENOENT ? 0 : err;
}

int rs_region_check_sums(const struct rs_view *v,
			 void (*finding)(void *arg, const char *text),
			 void *arg)
{
	struct report to = { .finding = finding, .arg = arg };
	int err = for_each_ino(v, RS_KEY_OBJECT, check_object, &to);

	return err ? err : for_each_ino(v, RS_KEY_CHUNK, check_owner, &to);
}
