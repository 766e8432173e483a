/* SPDX-License-Identifier: Apache-2.0 */
/* io_fault_lose.c - what a sync that fails leaves out is lost. */
#include "tests/support/io_fault_priv.h"

#include <assert.h>

#define PAGE 4096u

void fault_lose(struct fault *f, enum fault_loss loss)
{
	disk_free(f->kept);
	f->kept = loss ? disk_copy(f->disk) : NULL;
	f->n_kept = f->n;
	f->loss = loss;
}

static bool has_effect(const struct op *op)
{
	return op->len > 0 && op->kind != OP_ALLOCATE && op->kind != OP_SYNC;
}

static void keep(struct fault *f)
{
	for (; f->n_kept < f->n; f->n_kept++) {
		const struct op *op = &f->ops[f->n_kept];

		if (has_effect(op) && !op->lost)
			fault_apply(f->kept, op);
	}
}

/* The host reads again what it does not remember. */
static void show_what_is_kept(struct fault *f)
{
	for (size_t i = f->n_kept; i < f->n; i++) {
		const struct op *op = &f->ops[i];

		if (op->lost && op->len)
			disk_write(f->disk, op->off, f->kept->mem + op->off,
				   op->len);
	}
	for (size_t i = f->n_kept; i < f->n; i++)
		if (has_effect(&f->ops[i]) && !f->ops[i].lost)
			fault_apply(f->disk, &f->ops[i]);
}

static void lose(struct fault *f)
{
	for (size_t i = f->n_kept; i < f->n; i++)
		f->ops[i].lost |= fault_is_write(&f->ops[i]) &&
				  !fault_is_through(&f->ops[i]);
	if (f->loss == LOSS_ALL)
		show_what_is_kept(f);
}

void fault_lose_op(struct fault *f, const struct op *op)
{
	if (fault_is_sync(op))
		keep(f);
	else if (op->failed && (op->kind == OP_SYNC || op->kind == OP_THROUGH))
		lose(f);
}

struct fault_note fault_note(const struct fault *f, uint64_t n)
{
	const struct op *op = &f->ops[n - 1];
	struct fault_note note = { 0 };

	assert(n > 0 && n <= f->n);
	note.flushes = fault_is_write(op) || op->kind == OP_SYNC;
	if (fault_is_write(op)) {
		note.pgno = op->off / PAGE;
		note.npages = (op->len + PAGE - 1) / PAGE;
	}
	return note;
}
