/* SPDX-License-Identifier: Apache-2.0 */
/* check_super.c - the pages that everything hangs from.
 *
 * The header is written once: what is wrong with it is damage. A superblock
 * that cannot be used is what a power cut leaves in the slot that was being
 * written, and the next commit writes it anew. It may be damage as well, and
 * of the newest commit; nobody can tell. So that is no finding, but is said,
 * as the store has one superblock less to begin from.
 */
#include "regionstore/check.h"

#include <stdio.h>

static int read_page(struct rs_checker *ck, uint64_t slot,
		     uint8_t page[RS_PAGE_SIZE])
{
	struct rs_io *io = ck->s->io;

	return io->ops->read(io, rs_bytes(slot), page, RS_PAGE_SIZE);
}

static void check_header(struct rs_checker *ck)
{
	uint8_t page[RS_PAGE_SIZE];
	struct err why = { 0 };
	struct rs_header h;

	if (read_page(ck, RS_SLOT_HEADER, page))
		rs_check_report(ck, "header: cannot be read");
	else if (rs_header_decode(page, &h, &why))
		rs_check_report(ck, "%.100s", why.msg);
}

static void note(struct rs_checker *ck, uint64_t slot, const char *what)
{
	char text[RS_REPORT_TEXT];

	if (!ck->note)
		return;
	snprintf(text, sizeof(text), "the %s superblock %s%s",
		 rs_super_name(slot), what,
		 slot == RS_SLOT_STEADY
			 ? "; the next clean close writes it anew"
			 : ", or it is damaged; if it was the newer one, its "
			   "commit is lost");
	ck->note(ck->arg, text);
}

static void check_slot(struct rs_checker *ck, uint64_t slot)
{
	uint8_t page[RS_PAGE_SIZE];
	struct err why = { 0 };
	struct rs_super su;

	if (read_page(ck, slot, page)) {
		note(ck, slot, "cannot be read: the disk failed");
	} else if (rs_super_is_empty(page)) {
		if (!rs_super_may_be_empty(slot, ck->super.txid))
			note(ck, slot,
			     "is empty: a commit failed and was taken "
			     "back");
	} else if (rs_super_decode(page, &ck->s->header, slot, &su, &why)) {
		note(ck, slot, "cannot be used: a power cut left it");
	}
}

void rs_check_supers(struct rs_checker *ck)
{
	check_header(ck);
	for (uint64_t i = RS_SLOT_SUPER; i <= RS_SLOT_STEADY; i++)
		check_slot(ck, i);
}
