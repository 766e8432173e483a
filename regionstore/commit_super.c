/* SPDX-License-Identifier: Apache-2.0 */
/* commit_super.c - the superblock, which makes a commit the durable one.
 *
 * That of commit N goes to the slot that the durable commit does not use. When
 * a commit was undone its number is lost, so the next one takes the next number
 * of the same parity.
 */
#include "regionstore/commit.h"

#include "regionstore/broken.h"

#include <time.h>

static uint64_t wall_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void rs_commit_fill_super(struct rs_commit *c)
{
	const struct rs_store *s = c->s;

	c->super.txid = c->txid;
	c->super.data_root = c->data_ptr;
	c->super.data_sum = c->data.sum;
	c->super.sys_root = c->sys_ptr;
	c->super.sys_sum = c->sys.root.sum;
	c->super.file_pages = rs_file_pages(s);
	c->super.wall_ns = wall_ns();
	c->super.log_epoch = c->txid;
	rs_log_choose_seed(s, &c->super);
}

int rs_commit_sync(struct rs_store *s)
{
	int err = s->io->ops->sync(s->io);

	atomic_fetch_add(&s->counters.syncs, 1);
	return err && RS_BROKEN(RS_BREAK_ANEW) ? s->io->ops->sync(s->io) : err;
}

static int write_slot(struct rs_store *s, uint64_t slot,
		      const uint8_t page[RS_PAGE_SIZE])
{
	atomic_fetch_add(&s->counters.writes, 1);
	atomic_fetch_add(&s->counters.write_bytes, RS_PAGE_SIZE);
	return s->io->ops->write(s->io, rs_bytes(slot), page, RS_PAGE_SIZE);
}

/* One that is written when all else is on the disk goes to the steady slot as
 * well, whose commit is believed without a manifest. */
int rs_commit_write_super(struct rs_commit *c)
{
	struct rs_store *s = c->s;
	uint8_t page[RS_PAGE_SIZE];
	int err;

	rs_super_encode(&c->super, &s->header, c->manifest, page);
	err = write_slot(s, rs_super_slot(c->txid), page);
	if (!err && !c->one_flush)
		err = write_slot(s, RS_SLOT_STEADY, page);
	return err;
}
