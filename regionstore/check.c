/* SPDX-License-Identifier: Apache-2.0 */
/* check.c - read everything and believe nothing.
 *
 * What is open is committed first. That commit is then pinned, as a view is:
 * writers and commits go on, and none of its pages is used again meanwhile.
 * Only its bitmaps would be overwritten by the next commit but one, so they
 * are copied, which is all that commits wait for. Its data tree is walked,
 * then the tree of each snapshot, which ends where it meets nodes that were
 * walked before, and last the system tree. Each page gets an owner; in the end
 * the bitmaps must agree. All of it is one commit, so it agrees or is damaged,
 * whatever is written in the meantime.
 *
 * Checksums are compared anew, whatever was verified before, against what the
 * host has in its cache or on the disk.
 */
#include "regionstore/check.h"
#include "regionstore/region_check.h"
#include "regionstore/syskey.h"

#include <stdarg.h>
#include <stdio.h>

static void finding(void *arg, const char *text)
{
	struct rs_checker *ck = arg;

	ck->result.findings++;
	if (ck->report)
		ck->report(ck->arg, text);
}

void rs_check_report(struct rs_checker *ck, const char *fmt, ...)
{
	char text[RS_REPORT_TEXT];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	finding(ck, text);
}

static int on_page(void *arg, const struct rs_ptr *ptr, unsigned level)
{
	(void)level;
	return rs_own_node(arg, ptr);
}

/* --- the data tree and snapshots ----------------------------------------- */

static void own_run(void *arg, uint64_t pgno, uint32_t npages, uint64_t birth)
{
	const struct rs_ptr p = { .pgno = pgno,
				  .npages = npages,
				  .birth = birth };

	rs_check_own(arg, &p);
}

static int on_record(void *arg, const struct rs_cursor *c)
{
	struct rs_checker *ck = arg;
	struct rs_cursor at = *c;

	ck->result.records++;
	at.view = &ck->view;
	if (c->key[0] == RS_KEY_CHUNK)
		rs_region_check(ck->s, c, ck->fast, own_run, finding, ck);
	return ck->fn ? ck->fn(ck->arg, ck, &at) : 0;
}

/* A tree that is damaged was reported while it was walked. */
static int check_regions(struct rs_checker *ck)
{
	int err = rs_region_check_sums(&ck->view, finding, ck);

	return err == -EUCLEAN || err == -EBADMSG || err == -EIO ? 0 : err;
}

static int walk_data(struct rs_checker *ck, const struct rs_root *root,
		     uint64_t txid)
{
	const struct rs_tree_walk walk = { .arg = ck,
					   .page = on_page,
					   .record = on_record,
					   .finding = finding };

	int err;

	rs_own_next_tree(ck);
	ck->txid = txid;
	ck->view.root = root;
	err = rs_tree_walk(&ck->s->data_env, root, &walk);
	if (!err && ck->fn)
		err = ck->fn(ck->arg, ck, NULL);
	return err ? err : check_regions(ck);
}

int rs_check_trees(struct rs_checker *ck, const struct rs_root *live)
{
	int err = walk_data(ck, live, ck->super.txid);

	rs_own_set_live(ck);
	for (size_t i = ck->snaps.n; !err && i-- > 0;) {
		const struct rs_snap_entry *sn = &ck->snaps.v[i];

		ck->snap = sn->snap.name;
		ck->snap_txid = sn->snap.txid;
		err = walk_data(ck, &sn->root, sn->snap.txid);
	}
	ck->snap = NULL;
	return err;
}

/* --- the system tree ----------------------------------------------------- */

static void check_dead(struct rs_checker *ck, const struct rs_cursor *c)
{
	const struct rs_disk_dead *d = c->val;
	size_t n = c->val_len / sizeof(*d);

	if (c->key_len != RS_DEAD_KEY || n == 0 ||
	    c->val_len % sizeof(*d) != 0 || be64_get(c->key + 1) > ck->txid) {
		rs_check_report(ck, "a dead record that makes no sense");
		return;
	}
	for (size_t i = 0; i < n; i++)
		rs_own_dead(ck, &d[i], be64_get(c->key + 1));
}

static void check_group(struct rs_checker *ck, const struct rs_cursor *c)
{
	struct rs_group_rec rec;

	if (c->key_len != RS_GROUP_KEY ||
	    rs_group_rec_decode(c->val, c->val_len, &rec) ||
	    rs_be32_get(c->key + 1) >= rs_group_count(ck->file_pages))
		rs_check_report(ck, "a group record that makes no sense");
}

static int on_sys_record(void *arg, const struct rs_cursor *c)
{
	struct rs_checker *ck = arg;

	switch (c->key[0]) {
	case RS_SYS_DEAD:
		check_dead(ck, c);
		break;
	case RS_SYS_GROUP:
		check_group(ck, c);
		break;
	case RS_SYS_LEAVE:
	case RS_SYS_SNAP: /* judged at open, all of them */
		break;
	default:
		rs_check_report(ck, "system record of unknown type 0x%02x",
				c->key[0]);
	}
	return 0;
}

static int walk_sys(struct rs_checker *ck)
{
	const struct rs_super *su = &ck->super;
	const struct rs_root sys = { .ptr = su->sys_root, .sum = su->sys_sum };
	const struct rs_tree_walk walk = { .arg = ck,
					   .page = on_page,
					   .record = on_sys_record,
					   .finding = finding };

	rs_own_alone(ck);
	ck->txid = su->txid;
	return rs_tree_walk(&ck->s->sys_env, &sys, &walk);
}

/* --- all of it ----------------------------------------------------------- */

static int begin(struct rs_checker *ck)
{
	int err;

	lock_take(&ck->s->commit_lock);
	err = rs_check_pin(ck);
	if (!err)
		rs_check_supers(ck);
	if (!err)
		err = rs_own_init(ck);
	if (!err)
		err = rs_own_marks(ck);
	lock_drop(&ck->s->commit_lock);
	return err;
}

static int run(struct rs_checker *ck)
{
	const struct rs_super *su = &ck->super;
	struct rs_root live;
	int err = begin(ck);

	if (err)
		return err;
	live = (struct rs_root){ .ptr = su->data_root, .sum = su->data_sum };
	/* Writers may verify a page anew meanwhile: no harm. */
	rs_map_forget(&ck->s->map, 0, ck->file_pages);
	err = rs_check_trees(ck, &live);
	if (!err)
		err = walk_sys(ck);
	if (!err)
		rs_own_compare(ck);
	return err;
}

int rs_check_run(struct rs_store *s, const struct rs_check_how *how,
		 struct rs_check_result *ret_result)
{
	struct rs_checker ck = { .s = s,
				 .fn = how->fn,
				 .report = how->report,
				 .note = how->note,
				 .arg = how->arg,
				 .fast = how->fast,
				 .view = { .store = s } };
	int err = s->read_only ? 0 : rs_commit(s, NULL);

	/* A store in its ERROR state can be read, so it can be checked. */
	if (err && !atomic_load(&s->error))
		return err;
	err = run(&ck);
	rs_own_finish(&ck);
	rs_check_unpin(&ck);
	if (!err)
		*ret_result = ck.result;
	return err;
}

int rs_check(struct rs_store *s, rs_check_fn *fn, rs_report_fn *report,
	     void *arg, struct rs_check_result *ret_result)
{
	const struct rs_check_how how = { .fn = fn,
					  .report = report,
					  .arg = arg };

	return rs_check_run(s, &how, ret_result);
}

bool rs_check_is_fast(const struct rs_checker *ck)
{
	return ck->fast;
}

const struct rs_view *rs_check_view(const struct rs_checker *ck)
{
	return &ck->view;
}

const char *rs_check_snap(const struct rs_checker *ck)
{
	return ck->snap;
}
