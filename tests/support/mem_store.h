/* SPDX-License-Identifier: Apache-2.0 */
/* mem_store.h - a store in memory, for the tests of what is built on one. */
#ifndef TESTS_SUPPORT_MEM_STORE_H
#define TESTS_SUPPORT_MEM_STORE_H

#include "regionstore/upkeep.h"
#include "tests/support/disk.h"

/* A new, empty store; fails the test when there is no memory. */
struct rs_store *mem_store_new(void);
void mem_store_free(struct rs_store *s);
/* setup and teardown of a test whose state is one. */
int mem_store_setup(void **state);
int mem_store_teardown(void **state);
/* A disk with a new store on it, which nobody uses. */
struct disk *mem_store_disk(void);
/* The store on d, or behind io, opened as opts say (NULL: as by default), which
 * the caller closes or abandons. */
struct rs_store *mem_store_open(struct disk *d,
				const struct rs_open_opts *opts);
struct rs_store *mem_store_open_io(struct rs_io *io,
				   const struct rs_open_opts *opts);
/* The check has no finding; what own() owns is in use. */
void mem_store_check(struct rs_store *s, rs_check_fn *own, void *arg);

#endif
