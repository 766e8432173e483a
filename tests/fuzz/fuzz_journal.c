/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_journal.c - what a journal record holds, of any bytes.
 *
 * Batches that are taken must be fit to be queued, and be the same after they
 * were coded again.
 */
#include "bitmap/batch.h"
#include "bitmap/journal_code.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool is)
{
	if (!is)
		abort();
}

static void look(const struct bm_batch *b)
{
	must(!bm_batch_empty(b));
	must(!b->n_ops || !b->n_members);
	for (size_t i = 1; i < b->n_members; i++)
		must(b->members[i] > b->members[i - 1]);
	for (size_t i = 0; i < b->n_ops; i++)
		must(b->ops[i].lo <= b->ops[i].hi);
}

static void compare(const struct bm_batch *a, const struct bm_batch *b)
{
	must(a->n_members == b->n_members && a->n_ops == b->n_ops);
	must(a->op == b->op);
	for (size_t i = 0; i < a->n_members; i++)
		must(a->members[i] == b->members[i]);
	for (size_t i = 0; i < a->n_ops; i++)
		must(a->ops[i].lo == b->ops[i].lo &&
		     a->ops[i].hi == b->ops[i].hi &&
		     a->ops[i].op == b->ops[i].op);
}

static void try_again(const struct bm_head *head, const struct bm_batch *b)
{
	uint8_t *code = malloc(bm_code_max(b));
	struct bm_code_reader r;
	struct buf out = { 0 };
	struct bm_head h = { 0 };
	struct bm_batch same;

	if (!code)
		abort();
	must(bm_code_append(&out, &h, head, code, bm_code_put(b, code)) == 0);
	bm_code_reader_init(&r, buf_data(&out), out.len);
	bm_batch_init(&same);
	must(bm_code_next(&r, &h, &same) == 0);
	must(h.seq == head->seq && h.ino == head->ino &&
	     h.when_ns == head->when_ns);
	compare(b, &same);
	bm_batch_finish(&same);
	must(bm_code_next(&r, &h, &same) == -ENOENT);
	buf_finish(&out);
	free(code);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bm_code_reader r;
	struct bm_head head;
	struct bm_batch b;
	uint64_t last = 0;

	bm_code_reader_init(&r, data, size);
	bm_batch_init(&b);
	while (bm_code_next(&r, &head, &b) == 0) {
		must(head.seq > last);
		last = head.seq;
		look(&b);
		try_again(&head, &b);
		bm_batch_finish(&b);
	}
	return 0;
}
