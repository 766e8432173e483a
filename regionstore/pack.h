/* SPDX-License-Identifier: Apache-2.0 */
/* pack.h - leaves that are put together closer than they lie. PRIVATE.
 *
 * A removal merges a leaf with a neighbour only when it is nearly empty
 * (edit_merge.c), as the next insert may want the room. So a tree of which
 * half was removed keeps most of its leaves. Packing goes through the leaves
 * below one branch and fills them up from the left:
 *
 *	[ab..][c...][de..][fgh.]   ->   [abcd][efgh]
 *
 * Leaves that a snapshot holds are left alone: it would keep the old ones.
 */
#ifndef RS_PACK_H
#define RS_PACK_H

#include "regionstore/edit.h"
#include "regionstore/step.h"

/* Leaves [first, end) of a branch, and where each of the n that they become
 * begins. n is 0 when there is nothing to gain. */
struct rs_pack_cut {
	unsigned child, entry;
};
struct rs_pack_plan {
	unsigned first, end;
	unsigned n;
	struct rs_pack_cut cut[RS_CHILDREN_MAX];
};

/* The first leaves from child from on of a branch of level 1 that are worth
 * it and were born after since. What is planned passed rs_image_check(), and
 * its keys lie between the separators: -EUCLEAN. */
int rs_pack_plan(const struct rs_tree_env *env, const struct rs_step *branch,
		 unsigned from, uint64_t since, struct rs_pack_plan *ret_plan);

/* A branch of level 1. */
struct rs_pack_branch {
	uint8_t next[RS_KEY_MAX]; /* where the branch behind it begins... */
	unsigned next_len;	  /* ...0: there is none */
	uint64_t records;	  /* below it */
	unsigned leaves;	  /* that would be replaced, and */
	unsigned saved;		  /* so many fewer than before */
};
/* Look at the one to which key leads. -ENOENT when there is none at all. */
int rs_pack_look(const struct rs_tree_env *env, const struct rs_root *root,
		 const void *key, size_t key_len, uint64_t since,
		 struct rs_pack_branch *ret_branch);
/* Pack what is below it. On error the edit is unusable, as with put. */
int rs_tree_pack(struct rs_edit *ed, const void *key, size_t key_len,
		 uint64_t since, unsigned *ret_saved);

#endif
