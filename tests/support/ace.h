/* SPDX-License-Identifier: Apache-2.0 */
/* ace.h - each thing a user can do, once, on a store with one of everything.
 *
 * The idea is that of Automatic Crash Explorer (Mohan et al., OSDI 2018): bugs
 * of crash consistency need few operations, so all short sequences of them are
 * run rather than some long ones. An OP is one system call or what the file
 * system makes of it, always on the same few names, so that two ops meet.
 *
 * The store that all sequences begin with:
 *
 *   bitmaps/  s  a set of many segments     regions/  r  500 bytes, inline
 *             t  a set inside its record              h  r's other name
 *             .f scratch, lines                       q  pages and holes
 *             d/x  a set                              l  a symbolic link
 *                                                     d/x, e/
 *   snapshots/ s0, in which some of it was different
 */
#ifndef TESTS_SUPPORT_ACE_H
#define TESTS_SUPPORT_ACE_H

#include "tests/support/crash_run.h"

/* Does it; the error is what a user would be told. Ops that make things
 * durable say so in done. */
typedef int ace_fn(struct crash_run *r, struct mixed_done *done);

struct ace_op {
	const char *name;
	ace_fn *run;
};

extern const struct ace_op ace_ops[];
extern const size_t ace_n_ops;

/* The store above, closed. ace_base_finish() frees what is in it. */
void ace_base_make(struct crash_base *ret_base);
void ace_base_finish(struct crash_base *base);

/* Append len bytes to regions/d/x, to fill the store. */
int ace_write_more(struct crash_run *r, size_t len);

/* Do op i and note what can be seen; the error that a user would be told. */
int ace_do(struct crash_run *r, size_t i);

#endif
