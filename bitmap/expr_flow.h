/* SPDX-License-Identifier: Apache-2.0 */
/* expr_flow.h - the result of an expression as pieces, from left to right.
 * PRIVATE to bitmap/.
 *
 * A FLOW stands at a piece: a span of containers that are surely full, or one
 * container that may have members, which are not known before they are asked
 * for. Each operation has a flow over those of its operands, down to the
 * leaves, which read sets. To seek says which piece comes next without looking
 * into containers: an operand is moved only to where the others let members
 * be, and what lies between is not read.
 *
 *	a         | 1 |   | 3 |   |   | 6 ...... 900 |
 *	b         |   |   | 3 | 4 |   |   | 7 |
 *	a and b           | 3 |           | 7 |
 *	a minus b | 1 |   | 3 |       | 6 | 7 | 8 . 900 |
 *
 * Containers are made in ROOMS, one for each level of the expression and one
 * to spare, whatever the size of the sets.
 */
#ifndef BM_EXPR_FLOW_H
#define BM_EXPR_FLOW_H

#include "bitmap/algebra.h"
#include "bitmap/expr.h"
#include "bitmap/source.h"

struct bm_flow;
struct bm_eval;

struct bm_flow_ops {
	/* Move to the first piece with a key >= key; never back. */
	int (*seek)(struct bm_flow *f, uint64_t key);
	/* The container of a piece that is not full; if it is made, then with
	 * rooms from slot on. Valid until flow or room are used again. */
	int (*cont)(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		    struct bm_cont *ret_cont);
	/* Its members; NULL: those of cont(). */
	int (*count)(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		     uint32_t *ret_count);
};
extern const struct bm_flow_ops bm_flow_leaf, bm_flow_all, bm_flow_any,
	bm_flow_xor, bm_flow_minus, bm_flow_range, bm_flow_many;

struct bm_flow {
	const struct bm_flow_ops *ops;
	const struct bm_expr *e;
	/* the piece at hand */
	uint64_t key;  /* BM_KEY_END: there is none */
	uint64_t span; /* 0: nothing was sought yet */
	bool full;
	struct bm_flow *of; /* operands */
	size_t n;
	struct bm_leaf *leaf;
	struct bm_front *front; /* of those with many operands */
	struct bm_many *many;
};

struct bm_eval {
	struct bm_flow root;
	union bm_cont_room **rooms;
	unsigned n_rooms;
	union bm_cont_room *spare;
};
/* Before the first piece of e, which is borrowed. */
int bm_eval_new(const struct bm_expr *e, struct bm_eval **ret_eval);
void bm_eval_free(struct bm_eval *ev); /* accepts NULL */
/* Back to where it was. */
void bm_eval_reset(struct bm_eval *ev);

int bm_flow_seek(struct bm_flow *f, uint64_t key);
/* Of the piece at hand, one container of it. */
int bm_flow_cont(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		 struct bm_cont *ret_cont);
int bm_flow_count(struct bm_flow *f, struct bm_eval *ev, unsigned slot,
		  uint32_t *ret_count);
/* a (in the slot's room or borrowed) and b to one, in the slot's room. */
void bm_eval_pair(struct bm_eval *ev, unsigned slot, enum bm_algebra op,
		  const struct bm_cont *a, const struct bm_cont *b,
		  struct bm_cont *ret_cont);

/* What seek() leaves behind. */
static inline int bm_flow_stand(struct bm_flow *f, uint64_t key, uint64_t span,
				bool full)
{
	f->key = key;
	f->span = full ? span : 1;
	f->full = full;
	return 0;
}

/* --- leaves and counters -------------------------------------------------- */

int bm_leaf_new(const struct bm_view *bv, struct bm_leaf **ret_leaf);
void bm_leaf_free(struct bm_leaf *l); /* accepts NULL */
void bm_leaf_reset(struct bm_leaf *l);
/* Two leaves that stand at one key: are both in tables of containers? Then how
 * many members have the two in common as far as both go on, and the key from
 * which on that is not known. */
bool bm_leaf_have_tables(const struct bm_flow *a, const struct bm_flow *b);
int bm_leaf_count_common(const struct bm_flow *a, const struct bm_flow *b,
			 uint64_t *ret_count, uint64_t *ret_next);

int bm_many_new(size_t n, struct bm_many **ret_many);
void bm_many_free(struct bm_many *m); /* accepts NULL */

#endif
