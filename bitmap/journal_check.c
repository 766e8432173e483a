/* SPDX-License-Identifier: Apache-2.0 */
/* journal_check.c - is the journal of a tree one that can be played back? */

#include "bitmap/journal_check.h"
#include "bitmap/journal.h"
#include "bitmap/journal_code.h"

#include <errno.h>
#include <inttypes.h>

void bm_journal_check_set(struct bm_journal_check *jc, uint64_t folded)
{
	if (folded > jc->folded)
		jc->folded = folded;
}

static void check_numbers(struct bm_journal_check *jc, struct rs_checker *ck,
			  const struct rs_cursor *c)
{
	if (bm_numbers_decode(c->val, c->val_len, &jc->numbers))
		rs_check_report(ck, "the numbers of batches are damaged");
}

/* The batches of a record, of which the last must have the number in its
 * key. */
static int read_batches(struct bm_journal_check *jc,
			const struct bm_journal_record *rec)
{
	struct bm_code_reader r;
	struct bm_head head = { 0 };
	struct bm_batch b;
	uint32_t n = 0;
	int err;

	bm_code_reader_init(&r, rec->data, rec->len);
	bm_batch_init(&b);
	while ((err = bm_code_next(&r, &head, &b)) == 0) {
		bm_batch_finish(&b);
		if (head.seq <= jc->last)
			return -EUCLEAN;
		jc->last = head.seq;
		n++;
	}
	if (err != -ENOENT)
		return err;
	return n == rec->batches && head.seq == rec->seq ? 0 : -EUCLEAN;
}

static int check_record(struct bm_journal_check *jc, struct rs_checker *ck,
			const struct rs_cursor *c)
{
	struct bm_journal_record rec;
	int err = bm_journal_decode(c, &rec);

	if (err) {
		rs_check_report(ck, "a record of the journal is damaged");
		return 0;
	}
	if (rec.ptr.npages)
		rs_check_own(ck, &rec.ptr);
	if (rec.seq >= jc->numbers)
		rs_check_report(ck,
				"journal %" PRIu64 ": its number is not "
				"reserved",
				rec.seq);
	err = bm_journal_load(c->view, &rec);
	if (!err)
		err = read_batches(jc, &rec);
	if (!err)
		err = rs_view_check(c->view);
	if (err == -ENOMEM)
		return err;
	if (err)
		rs_check_report(ck, "journal %" PRIu64 ": damaged (%s)",
				rec.seq, err_name(err));
	return 0;
}

int bm_journal_check_record(struct bm_journal_check *jc, struct rs_checker *ck,
			    const struct rs_cursor *c)
{
	if (!bm_journal_is_numbers(c))
		return check_record(jc, ck, c);
	check_numbers(jc, ck, c);
	return 0;
}

void bm_journal_check_end(struct bm_journal_check *jc, struct rs_checker *ck)
{
	if (jc->folded && jc->folded >= jc->numbers)
		rs_check_report(ck,
				"a set has batch %" PRIu64 ", whose number is "
				"not reserved",
				jc->folded);
}
