/* SPDX-License-Identifier: Apache-2.0 */
/* tree.h - the counted copy-on-write B+tree. PRIVATE to regionstore.
 *
 * A tree is a root; a root never changes. An EDIT makes a new root out of an
 * old one by copying the nodes on the path (path copying), so the old root
 * stays a complete, readable tree for whoever holds it. Nodes on disk are
 * pages named by struct rs_ptr, with the checksum in the parent; nodes in
 * memory are reference-counted page images plus an array of children in
 * memory. A branch entry carries the sum of records and of weight below it.
 *
 *      root ──> branch (memory, txid 7) ──> leaf (memory, txid 7)
 *                    └────────────────────> leaf (page 91, birth 3)
 *
 * Within one edit a node is copied once and then changed in place: nodes
 * carry the id of the edit that made them. When an edit replaces or removes a
 * node of an earlier commit, that page is noted in the edit's DROPS.
 *
 * A commit turns the nodes in memory into pages: rs_tree_flush() gives each a
 * page number, children first, and writes images into buffers it is handed;
 * rs_tree_clean() later replaces, in the live root, pointers to nodes that now
 * have pages by those pages.
 *
 * The tree does no I/O and takes no lock. The caller sees to it that one edit
 * runs at a time and that nobody else is inside any of these functions during
 * rs_tree_clean(); readers of old roots may run beside an edit and beside
 * rs_tree_flush().
 */
#ifndef RS_TREE_H
#define RS_TREE_H

#include "regionstore/regionstore.h"

struct rs_node; /* a node in memory, reference-counted (atomic) */

struct rs_root {
	struct rs_node *mem; /* a reference, or NULL */
	struct rs_ptr ptr;   /* where it is when mem is NULL; zeros: empty */
	struct rs_sum sum;
};

/* How a tree gets at its pages: the verified page in the mapping, or an error
 * (-EUCLEAN out of the file, -EBADMSG, -EIO). */
struct rs_pages {
	int (*get)(const struct rs_pages *pages, const struct rs_ptr *ptr,
		   const uint8_t **ret_page);
};

struct rs_tree_env {
	const struct rs_pages *pages;
	uint8_t tree_id; /* 1 data, 2 system: each node page repeats it */
	/* NULL for realloc(3). Tests make it fail; what it gives is free()d. */
	void *(*realloc)(void *old, size_t size);
};

/* Pages that leave the tree with an edit. Nodes that were frozen but had no
 * page yet are held by reference; they have one when the next commit looks. */
struct rs_drops {
	struct rs_ptr *ptrs;
	size_t n_ptrs, cap_ptrs;
	struct rs_node **nodes;
	size_t n_nodes, cap_nodes;
};
void rs_drops_finish(struct rs_drops *d);
/* Move all of src behind dst; src is empty then. -ENOMEM leaves both. */
int rs_drops_move(struct rs_drops *dst, struct rs_drops *src);
/* Turn nodes that have pages by now into ptrs. One without was frozen for a
 * commit that was undone; it never gets a page and is let go. */
int rs_drops_resolve(struct rs_drops *d);
/* Forget pages that were born after that commit: no commit has them. */
void rs_drops_forget(struct rs_drops *d, uint64_t after);

struct rs_edit {
	const struct rs_tree_env *env;
	uint64_t txid;	     /* the commit that the new nodes will belong to */
	uint64_t id;	     /* different for each edit of a store, never 0 */
	struct rs_root root; /* the tree as changed so far; owned */
	struct rs_drops drops; /* owned until taken */
};
/* root is copied with a reference; the original stays valid. */
void rs_edit_init(struct rs_edit *ed, const struct rs_tree_env *env,
		  const struct rs_root *root, uint64_t txid, uint64_t id);
void rs_edit_finish(struct rs_edit *ed);

/* On error the edit is unusable except for rs_edit_finish(). -ENOENT from
 * del is not such an error: nothing changed. */
int rs_tree_put(struct rs_edit *ed, const void *key, size_t key_len,
		const void *val, size_t val_len, uint64_t weight);
int rs_tree_del(struct rs_edit *ed, const void *key, size_t key_len);

void rs_root_ref(struct rs_root *dst, const struct rs_root *src);
void rs_root_put(struct rs_root *root); /* leaves an empty root */

int rs_tree_get(const struct rs_tree_env *env, const struct rs_root *root,
		const void *key, size_t key_len, void *buf, size_t cap,
		size_t *ret_len, uint64_t *ret_weight);
int rs_tree_sum_before(const struct rs_tree_env *env,
		       const struct rs_root *root, const void *key,
		       size_t key_len, struct rs_sum *ret_sum);

/* The cursor functions of regionstore.h over one root; rs_cursor_*() add the
 * locking. The leaf of a cursor is kept by c->node or is a page in the map. */
int rs_tree_seek(const struct rs_tree_env *env, const struct rs_root *root,
		 struct rs_cursor *c, const void *key, size_t key_len);
int rs_tree_floor(const struct rs_tree_env *env, const struct rs_root *root,
		  struct rs_cursor *c, const void *key, size_t key_len);
int rs_tree_nth(const struct rs_tree_env *env, const struct rs_root *root,
		struct rs_cursor *c, uint64_t n);
int rs_tree_weigh(const struct rs_tree_env *env, const struct rs_root *root,
		  struct rs_cursor *c, uint64_t w, uint64_t *ret_before);
/* Within the leaf no descent is needed (and no lock: leaves never change). */
int rs_tree_next(const struct rs_tree_env *env, const struct rs_root *root,
		 struct rs_cursor *c);
void rs_tree_release(struct rs_cursor *c); /* drop the leaf */

/* --- commit --------------------------------------------------------------- */

/* Nodes below root that have no page yet. */
size_t rs_tree_dirty(const struct rs_root *root);

/* Give each dirty node the next page from place() and write its image there,
 * children before parents. place() says where the image goes (4096 bytes) and
 * its page number. birth is the commit's id. *root becomes clean: ret_ptr is
 * its page (zeros for an empty tree). */
struct rs_placer {
	uint8_t *(*place)(struct rs_placer *p, uint64_t *ret_pgno);
};
void rs_tree_flush(const struct rs_root *root, uint64_t birth,
		   struct rs_placer *placer, struct rs_ptr *ret_ptr);

/* Take that back, for nodes that flush() placed with that birth: they have no
 * page again. Nobody else is inside, as with rs_tree_clean(). */
void rs_tree_unplace(const struct rs_root *root, uint64_t birth);

/* In a live root, let go of nodes in memory that have pages. */
void rs_tree_clean(struct rs_root *root);

/* --- check ---------------------------------------------------------------- */

/* Walk every page below a root on disk: format, key order within and across
 * nodes, separators, aggregates. page() is called for each node's pointer
 * before it is read and may say -EALREADY to prune (shared with a tree that
 * was walked before); leaf records go to record(). Findings go to finding()
 * and the walk goes on where it can. */
/* What is below a node that cannot be read: the keys around it (length 0 at
 * an end of the tree), and what its parent promised. */
struct rs_tree_lost {
	const uint8_t *low, *high; /* borrowed */
	unsigned low_len, high_len;
	struct rs_sum sum;
	struct rs_ptr ptr; /* of the node; zeros when it is in memory */
	unsigned level;	   /* as promised; of a root RS_LEVEL_MAX */
};
struct rs_tree_walk {
	void *arg;
	int (*page)(void *arg, const struct rs_ptr *ptr, unsigned level);
	int (*record)(void *arg, const struct rs_cursor *c);
	void (*finding)(void *arg, const char *text);
	void (*lost)(void *arg, const struct rs_tree_lost *l); /* or NULL */
};
int rs_tree_walk(const struct rs_tree_env *env, const struct rs_root *root,
		 const struct rs_tree_walk *walk);

#endif
