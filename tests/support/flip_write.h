/* SPDX-License-Identifier: Apache-2.0 */
/* flip_write.h - writing to a store without changing what it shows. */
#ifndef TESTS_SUPPORT_FLIP_WRITE_H
#define TESTS_SUPPORT_FLIP_WRITE_H

#include "regionstore/regionstore.h"

/* New numbers and pages are taken, written, committed and given back. Stops at
 * the first error, which a damaged store may have. */
void flip_write(struct rs_store *s);
/* Take every page that is thought to be free, and commit. */
void flip_fill(struct rs_store *s);

#endif
