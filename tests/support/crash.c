/* SPDX-License-Identifier: Apache-2.0 */
/* crash.c - what a disk may hold after a power cut.
 *
 * An image is the synced disk plus a selection of the ops since the last sync.
 * The synced disk goes forward with n, so that building all images of a run
 * costs about as much as the run.
 */
#include "tests/support/io_fault_priv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SECTOR	    512u
#define PAGE	    4096u
#define SUPERS_AT   4096u /* two pages: docs/format.md */
#define SUPERS_SIZE 8192u

void fault_apply(struct disk *d, const struct op *op)
{
	if (fault_is_write(op) && op->len)
		disk_write(d, op->off, op->data, op->len);
	if (op->kind == OP_PUNCH && op->len)
		disk_punch(d, op->off, op->len);
	if (op->kind == OP_RESIZE && op->len)
		disk_resize(d, op->len);
}

bool fault_is_write(const struct op *op)
{
	return op->kind == OP_WRITE || op->kind == OP_THROUGH;
}

bool fault_is_through(const struct op *op)
{
	return op->kind == OP_THROUGH && !op->failed && op->lie == LIE_NONE;
}

bool fault_is_sync(const struct op *op)
{
	return op->kind == OP_SYNC && !op->failed && op->lie == LIE_NONE;
}

bool fault_overtakes(const struct op *op)
{
	return op->lie == LIE_ORDER && fault_is_write(op) &&
	       op->off >= SUPERS_AT && op->off < SUPERS_AT + SUPERS_SIZE;
}

/* Carry the synced disk over to the last sync at or before op n, and then what
 * was written through since, whatever becomes of the writes before it. */
void fault_go_forward(struct fault *f, size_t n)
{
	size_t last = n;

	assert(n <= f->n && n >= f->n_synced);
	while (last > f->n_synced && !fault_is_sync(&f->ops[last - 1]))
		last--;
	for (; f->n_synced < last; f->n_synced++)
		if (!f->ops[f->n_synced].lost)
			fault_apply(f->synced, &f->ops[f->n_synced]);
	for (size_t i = f->n_synced; i < n; i++) {
		if (!fault_is_through(&f->ops[i]) || f->ops[i].hard)
			continue;
		fault_apply(f->synced, &f->ops[i]);
		f->ops[i].hard = true;
	}
}

/* Some of its pieces, by lot. */
void fault_apply_torn(struct disk *d, const struct op *op, uint64_t piece,
		      struct rng *r)
{
	if (!fault_is_write(op)) {
		if (rng_one_in(r, 2))
			fault_apply(d, op);
		return;
	}
	for (uint64_t at = 0; at < op->len; at += piece) {
		uint64_t n = op->len - at < piece ? op->len - at : piece;

		if (rng_one_in(r, 2))
			disk_write(d, op->off + at, op->data + at, n);
	}
}

static void apply_in_order(struct fault *f, struct disk *d, uint64_t n,
			   enum fault_crash kind, struct rng *r)
{
	for (size_t i = f->n_synced; i < n; i++) {
		const struct op *op = &f->ops[i];

		if (op->hard)
			continue;
		if (kind == CRASH_ALL || fault_overtakes(op) ||
		    (kind == CRASH_SUBSET && rng_one_in(r, 2)))
			fault_apply(d, op);
		if (kind == CRASH_TORN)
			fault_apply_torn(d, op, SECTOR, r);
		if (kind == CRASH_PAGES)
			fault_apply_torn(d, op, PAGE, r);
	}
}

/* Half of the ops on average, drawn from a hat. */
static void apply_in_any_order(struct fault *f, struct disk *d, uint64_t n,
			       struct rng *r)
{
	size_t left = n - f->n_synced;
	size_t *hat = calloc(left + 1, sizeof(*hat));

	assert(hat);
	for (size_t i = 0; i < left; i++)
		hat[i] = f->n_synced + i;
	for (; left > 0; left--) {
		size_t at = rng_below(r, left);
		const struct op *op = &f->ops[hat[at]];

		hat[at] = hat[left - 1];
		if (!op->hard && (fault_overtakes(op) || rng_one_in(r, 2)))
			fault_apply(d, op);
	}
	free(hat);
}

struct disk *fault_crash(struct fault *f, uint64_t n, enum fault_crash kind,
			 struct rng *r)
{
	struct disk *d;

	fault_go_forward(f, n);
	d = disk_copy(f->synced);
	if (kind == CRASH_ORDER)
		apply_in_any_order(f, d, n, r);
	else
		apply_in_order(f, d, n, kind, r);
	return d;
}

/* --- a process that dies -------------------------------------------------- */

static void copy_op(struct op *dst, const struct op *src)
{
	*dst = *src;
	if (!src->data)
		return;
	dst->data = malloc(src->len);
	assert(dst->data);
	memcpy(dst->data, src->data, src->len);
}

/* Ops that were synced keep their numbers and nothing else. */
static void copy_ops(struct fault *dst, const struct fault *src, size_t n)
{
	dst->ops = calloc(n + 1, sizeof(*dst->ops));
	assert(dst->ops);
	dst->cap = n + 1;
	dst->n = n;
	dst->n_synced = src->n_synced;
	for (size_t i = src->n_synced; i < n; i++)
		copy_op(&dst->ops[i], &src->ops[i]);
}

struct fault *fault_die(struct fault *f, uint64_t n, struct disk **ret_disk)
{
	struct disk *d = fault_crash(f, n, CRASH_ALL, NULL);
	struct fault *g = fault_new(d);

	disk_free(g->synced);
	g->synced = disk_copy(f->synced);
	copy_ops(g, f, n);
	*ret_disk = d;
	return g;
}
