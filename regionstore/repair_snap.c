/* SPDX-License-Identifier: Apache-2.0 */
/* repair_snap.c - a snapshot whose tree is damaged.
 *
 * It is not built anew as the live tree is (repair_tree.c), for it shares most
 * nodes with others. What cannot be read is taken out of it: the entry of a
 * damaged node in its branch, and the sums on the way to the root. Where the
 * node was a branch, one that is made of the nodes below it that are found
 * takes its place (repair_parts.c). The nodes on these ways are new; all others
 * stay where they are. The books then follow from the walk (repair_space.c).
 *
 * One that lost nothing is as good as before. One that lost records may have
 * lost pages that an older and a newer one have: it is GREEDY from now on
 * (dead.c). What its records lead to is for the layer above to mend, as it does
 * in the live tree, through rs_mend_begin().
 */
#include "regionstore/edit.h"
#include "regionstore/repair.h"

#include <inttypes.h>
#include <stdio.h>

#define WHOSE_MAX (RS_SNAP_NAME_MAX + 16)

struct mending {
	struct rs_repair *r;
	struct rs_snap *snap;
	struct rs_edit edit;
	struct rs_gaps gaps;
	uint64_t lost; /* records */
	bool failed;   /* for want of memory */
};

/* --- surgery -------------------------------------------------------------- */

static void put_root(struct rs_edit *ed, struct rs_node *n)
{
	rs_root_put(&ed->root);
	ed->root.mem = n;
}

/* After a change below path[depth - 1]: what is empty goes, the sums of the
 * rest are right again. */
static int settle_sums(struct rs_edit *ed, const struct rs_path *path)
{
	struct rs_sum sum = { 0 };

	for (unsigned i = path->depth; i-- > 0;) {
		struct rs_node *n = path->node[i], *up;
		struct rs_image im = rs_image_of(n->page);
		int err = rs_image_sum(&im, im.count, &sum);

		if (err)
			return err;
		if (i == 0)
			break;
		up = path->node[i - 1];
		if (im.count)
			rs_edit_set_sum(up, path->idx[i - 1], &sum);
		else
			rs_edit_remove_child(up, path->idx[i - 1]);
	}
	ed->root.sum = sum;
	if (sum.count == 0)
		rs_root_put(&ed->root);
	return 0;
}

static void replace_child(struct rs_node *up, unsigned i, struct rs_node *n,
			  const struct rs_sum *sum)
{
	if (!n) {
		rs_edit_remove_child(up, i);
		return;
	}
	rs_node_put(up->child[i]);
	up->child[i] = n;
	rs_edit_set_sum(up, i, sum);
}

/* n takes the place of the damaged node, or NULL: it goes. n is taken over. */
static int replace(struct rs_edit *ed, const struct rs_gap *gap,
		   struct rs_node *n, const struct rs_sum *sum)
{
	struct rs_path path;
	struct rs_child child;
	struct rs_image im;
	unsigned i;
	int err;

	if (gap->level >= RS_LEVEL_MAX) {
		put_root(ed, n);
		ed->root.sum = *sum;
		return 0;
	}
	err = rs_edit_own_path(ed, gap->low, gap->low_len, gap->level + 1,
			       &path);
	if (!err) {
		im = rs_image_of(path.node[path.depth - 1]->page);
		err = im.level == gap->level + 1
			      ? rs_image_route(&im, gap->low, gap->low_len, &i)
			      : -EUCLEAN;
	}
	if (!err)
		err = rs_image_child(&im, i, &child);
	if (!err && child.ptr.pgno != gap->ptr.pgno)
		err = -EUCLEAN;
	if (err) {
		rs_node_put(n);
		return err;
	}
	replace_child(path.node[path.depth - 1], i, n, sum);
	return settle_sums(ed, &path);
}

/* --- gaps ----------------------------------------------------------------- */

static int mend_gap(struct mending *m, const struct rs_gap *gap)
{
	struct rs_node *n = NULL;
	uint8_t page[RS_PAGE_SIZE];
	char whose[WHOSE_MAX];
	struct rs_sum sum = { 0 };
	size_t parts = 0;
	int err = rs_repair_branch(m->r, &m->edit.root, gap, m->snap, page,
				   &sum, &parts);

	if (err && err != -EUCLEAN)
		return err;
	if (err)
		parts = 0; /* they do not fit into one branch: they were not */
	if (parts) {
		n = rs_node_load(&m->edit, page);
		if (!n)
			return -ENOMEM;
	} else {
		sum = (struct rs_sum){ 0 };
	}
	m->lost += gap->sum.count - sum.count;
	if (sum.count < gap->sum.count) {
		snprintf(whose, sizeof(whose),
			 "snapshot '%s': ", m->snap->name);
		rs_gap_tell(m->r, whose, gap, parts, sum.count);
	}
	return replace(&m->edit, gap, n, &sum);
}

static void lost(void *arg, const struct rs_tree_lost *l)
{
	struct mending *m = arg;

	m->failed |= rs_gaps_add(&m->gaps, l) != 0;
}

static void nothing(void *arg, const char *text)
{
	(void)arg, (void)text;
}

static int mend_gaps(struct mending *m)
{
	const struct rs_tree_walk walk = { .arg = m,
					   .lost = lost,
					   .finding = nothing };
	uint64_t findings = 0;
	int err = rs_tree_walk(&m->r->s->data_env, &m->edit.root, &walk);

	if (!err && m->failed)
		err = -ENOMEM;
	for (size_t i = 0; !err && i < m->gaps.n; i++)
		err = mend_gap(m, &m->gaps.v[i]);
	if (!err)
		err = rs_repair_judge(m->r, &m->edit.root, &findings);
	if (!err && (findings || m->edit.root.sum.count == 0))
		err = -EUCLEAN;
	return err;
}

/* --- snapshots ------------------------------------------------------------ */

/* Behind the end of the file. What the walk says of them counts. */
static int write_tree(struct rs_repair *r, struct rs_root *root, uint64_t txid)
{
	struct rs_extents pages = { 0 };
	int err = rs_repair_space_behind(r);

	if (!err)
		err = rs_snap_write(r->s, root, txid, &pages);
	rs_repair_space_done(r);
	rs_extents_finish(&pages);
	return err;
}

static bool is_damage(int err)
{
	return err == -EUCLEAN || err == -EBADMSG || err == -EIO ||
	       err == -ENOENT;
}

static void say_stays(const struct mending *m)
{
	if (m->lost)
		rs_repair_say(m->r,
			      "snapshot '%s' stays, without %" PRIu64
			      " records of its tree",
			      m->snap->name, m->lost);
	else
		rs_repair_say(m->r,
			      "snapshot '%s' stays: its tree is damaged, and "
			      "all that was below is found again",
			      m->snap->name);
}

static void say_gone(const struct mending *m)
{
	rs_repair_say(m->r, "snapshot '%s' is given up: its tree is damaged",
		      m->snap->name);
}

/* The root takes the place of the old one. That a disk is full, or cannot be
 * written, is no reason to give anything up: whoever makes room for it can
 * begin anew. */
static int adopt(struct mending *m, struct rs_snap_entry *sn,
		 struct rs_root *root)
{
	int err = write_tree(m->r, root, sn->snap.txid);

	if (err)
		return err;
	sn->root = *root;
	sn->snap.members = root->sum.weight;
	sn->snap.greedy |= m->lost > 0;
	*root = (struct rs_root){ .mem = NULL };
	say_stays(m);
	return 0;
}

static int mend(struct rs_repair *r, struct rs_snap_entry *sn, bool *ret_stays)
{
	struct mending m = { .r = r, .snap = &sn->snap };
	struct rs_root root;
	int err;

	rs_edit_init(&m.edit, &r->s->data_env, &sn->root, sn->snap.txid,
		     ++r->s->next_edit);
	err = mend_gaps(&m);
	rs_root_ref(&root, &m.edit.root);
	rs_edit_finish(&m.edit);
	rs_gaps_finish(&m.gaps);
	*ret_stays = !is_damage(err);
	if (!err) {
		err = adopt(&m, sn, &root);
	} else if (!*ret_stays) {
		say_gone(&m);
		err = 0;
	}
	rs_root_put(&root);
	return err;
}

int rs_repair_snaps(struct rs_repair *r)
{
	struct rs_snaps *snaps = &r->s->snaps;
	size_t kept = 0;

	for (size_t i = 0; i < snaps->n; i++) {
		bool stays = true;
		uint64_t findings;
		int err = rs_repair_judge(r, &snaps->v[i].root, &findings);

		if (!err && findings)
			err = mend(r, &snaps->v[i], &stays);
		if (err)
			return err;
		if (stays)
			snaps->v[kept++] = snaps->v[i];
	}
	snaps->n = kept;
	return 0;
}
