/* SPDX-License-Identifier: Apache-2.0 */
/* treekit.h - small trees for unit tests.
 *
 * Keys are five bytes: 'k' and a number, so their order is that of numbers.
 */
#ifndef TESTS_SUPPORT_TREEKIT_H
#define TESTS_SUPPORT_TREEKIT_H

#include "tests/support/mempages.h"

#define KIT_KEY 5u

/* A store of one tree: pages, the live root, the next ids. */
struct treekit {
	struct mempages mp;
	struct rs_tree_env env;
	struct rs_root root;
	struct rs_drops drops;
	uint64_t txid, edit_id;
	unsigned findings; /* of the last walk */
	char finding[160]; /* the first of them */
};

void kit_init(struct treekit *k);
void kit_finish(struct treekit *k);

void kit_key(uint8_t key[KIT_KEY], uint32_t n);

/* One edit; publish makes its root the live one. */
void kit_begin(struct treekit *k, struct rs_edit *ed);
int kit_put(struct rs_edit *ed, uint32_t n, size_t val_len, uint64_t weight);
int kit_del(struct rs_edit *ed, uint32_t n);
void kit_publish(struct treekit *k, struct rs_edit *ed);

/* n records from 0 on, with values of val_len and weight 1, published. */
void kit_fill(struct treekit *k, uint32_t n, size_t val_len);
void kit_commit(struct treekit *k);

/* Change a page behind the tree's back: pages are not compared any more. */
uint8_t *kit_break(struct treekit *k, uint64_t pgno);

/* Walk the live root; findings are counted in k. */
int kit_walk(struct treekit *k);
/* Pages below the live root. */
uint64_t kit_pages(struct treekit *k);

/* An allocator for rs_tree_env that fails from call n on (0: the first). */
void kit_fail_alloc(uint64_t n);
void kit_let_alloc(void);
uint64_t kit_allocs(void); /* calls since kit_let_alloc() */

#endif
