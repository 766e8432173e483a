/* SPDX-License-Identifier: Apache-2.0 */
/* chunk.c - where 256 KiB of a region lie. */

#include "regionstore/chunk.h"

#include "regionstore/base/ck.h"
#include "regionstore/format.h"

#include <assert.h>
#include <string.h>

_Static_assert(RS_CHUNK_BLOCKS *RS_BLOCK_SIZE == RS_CHUNK_SIZE, "64 x 4 KiB");
_Static_assert(RS_CHUNK_VAL_MAX ==
		       sizeof(struct rs_disk_chunk) +
			       RS_CHUNK_BLOCKS *
				       (sizeof(struct rs_disk_run) + 8),
	       "runs of one block each");

/* A little-endian number of 6 bytes. */
static uint64_t pgno_get(const uint8_t b[6])
{
	struct le64 wide = { { 0 } };

	memcpy(wide.b, b, 6);
	return le64_get(wide);
}

static void pgno_put(uint8_t b[6], uint64_t pgno)
{
	struct le64 wide = le64_put(pgno);

	memcpy(b, wide.b, 6);
}

/* Could an allocator have handed out these pages? They lie in the payload of
 * one group: a run that spans two would cover the slots of a bitmap. */
static bool is_payload(uint64_t pgno, unsigned len)
{
	uint64_t in_group;

	if (!ck_range(pgno, len, RS_MAX_PAGES) || pgno < RS_GROUP_FIRST)
		return false;
	in_group = (pgno - RS_GROUP_FIRST) % RS_GROUP_PAGES;
	return in_group >= 2 && in_group + len <= RS_GROUP_PAGES;
}

/* From the bytes of one run to a checked one that starts at or after block
 * from. */
static bool run_decode(const uint8_t *at, unsigned from, struct rs_run *ret_run)
{
	struct rs_disk_run d;
	struct rs_run run;

	memcpy(&d, at, sizeof(d));
	run = (struct rs_run){ .first = d.first,
			       .len = d.len,
			       .pgno = pgno_get(d.pgno),
			       .birth = le64_get(d.birth) };
	if (run.first < from || run.len == 0 ||
	    !ck_range(run.first, run.len, RS_CHUNK_BLOCKS) ||
	    !is_payload(run.pgno, run.len))
		return false;
	*ret_run = run;
	return true;
}

static void csums_decode(const uint8_t *at, unsigned n, uint64_t *ret_csum)
{
	for (unsigned i = 0; i < n; i++) {
		struct le64 d;

		memcpy(&d, at + i * sizeof(d), sizeof(d));
		ret_csum[i] = le64_get(d);
	}
}

int rs_chunk_decode(const void *val, size_t len, struct rs_chunk *ret_chunk)
{
	const uint8_t *at = val;
	struct rs_run runs[RS_CHUNK_BLOCKS];
	struct rs_disk_chunk head;
	unsigned from = 0, blocks = 0;

	if (len < sizeof(head))
		return -EUCLEAN;
	memcpy(&head, at, sizeof(head));
	if (head.n_runs == 0 || head.n_runs > RS_CHUNK_BLOCKS ||
	    len < sizeof(head) + head.n_runs * sizeof(struct rs_disk_run))
		return -EUCLEAN;
	at += sizeof(head);
	for (unsigned i = 0; i < head.n_runs; i++) {
		if (!run_decode(at, from, &runs[i]))
			return -EUCLEAN;
		from = runs[i].first + runs[i].len;
		blocks += runs[i].len;
		at += sizeof(struct rs_disk_run);
	}
	if (len - (size_t)(at - (const uint8_t *)val) != blocks * 8)
		return -EUCLEAN;

	memset(ret_chunk, 0, sizeof(*ret_chunk));
	for (unsigned i = 0; i < head.n_runs; i++) {
		uint64_t csum[RS_CHUNK_BLOCKS];

		csums_decode(at, runs[i].len, csum);
		rs_chunk_set(ret_chunk, &runs[i], csum);
		at += runs[i].len * sizeof(struct le64);
	}
	return 0;
}

static uint8_t *run_encode(uint8_t *at, const struct rs_run *run)
{
	struct rs_disk_run d = { .first = (uint8_t)run->first,
				 .len = (uint8_t)run->len,
				 .birth = le64_put(run->birth) };

	pgno_put(d.pgno, run->pgno);
	memcpy(at, &d, sizeof(d));
	return at + sizeof(d);
}

size_t rs_chunk_encode(const struct rs_chunk *c, uint8_t out[RS_CHUNK_VAL_MAX])
{
	struct rs_disk_chunk head = { 0 };
	uint8_t *at = out + sizeof(head);
	struct rs_run run;

	for (unsigned b = 0; rs_chunk_run(c, b, RS_CHUNK_BLOCKS, &run);
	     b = run.first + run.len) {
		at = run_encode(at, &run);
		head.n_runs++;
	}
	if (head.n_runs == 0)
		return 0;
	for (unsigned b = 0; b < RS_CHUNK_BLOCKS; b++) {
		struct le64 csum = le64_put(c->csum[b]);

		if (!c->pgno[b])
			continue;
		memcpy(at, &csum, sizeof(csum));
		at += sizeof(csum);
	}
	memcpy(out, &head, sizeof(head));
	return (size_t)(at - out);
}

void rs_chunk_set(struct rs_chunk *c, const struct rs_run *run,
		  const uint64_t *csum)
{
	assert(run->pgno != 0);
	assert(run->len <= RS_CHUNK_BLOCKS - run->first);
	for (unsigned i = 0; i < run->len; i++) {
		c->pgno[run->first + i] = run->pgno + i;
		c->birth[run->first + i] = run->birth;
		c->csum[run->first + i] = csum[i];
	}
}

void rs_chunk_drop(struct rs_chunk *c, unsigned a, unsigned b)
{
	assert(a <= b && b <= RS_CHUNK_BLOCKS);
	memset(&c->pgno[a], 0, (b - a) * sizeof(c->pgno[0]));
	memset(&c->birth[a], 0, (b - a) * sizeof(c->birth[0]));
	memset(&c->csum[a], 0, (b - a) * sizeof(c->csum[0]));
}

unsigned rs_chunk_find(const struct rs_chunk *c, unsigned a, bool hole)
{
	while (a < RS_CHUNK_BLOCKS && (c->pgno[a] == 0) != hole)
		a++;
	return a;
}

/* Does block b go on where block b - 1 ends? */
static bool goes_on(const struct rs_chunk *c, unsigned b)
{
	return c->pgno[b] == c->pgno[b - 1] + 1 &&
	       c->birth[b] == c->birth[b - 1];
}

bool rs_chunk_run(const struct rs_chunk *c, unsigned a, unsigned b,
		  struct rs_run *ret_run)
{
	unsigned first = rs_chunk_find(c, a, false);
	unsigned end = first + 1;

	assert(b <= RS_CHUNK_BLOCKS);
	if (first >= b)
		return false;
	while (end < b && goes_on(c, end))
		end++;
	*ret_run = (struct rs_run){ .first = first,
				    .len = end - first,
				    .pgno = c->pgno[first],
				    .birth = c->birth[first] };
	return true;
}

unsigned rs_chunk_count(const struct rs_chunk *c)
{
	unsigned n = 0;

	for (unsigned b = 0; b < RS_CHUNK_BLOCKS; b++)
		n += c->pgno[b] != 0;
	return n;
}
