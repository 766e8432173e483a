/* SPDX-License-Identifier: Apache-2.0 */
/* fill_store.h - something of everything in a formatted store: directories,
 * small and large files and sets, a long link, an attribute, and a snapshot
 * with changes after it. Commits.
 */
#ifndef TESTS_SUPPORT_FILL_STORE_H
#define TESTS_SUPPORT_FILL_STORE_H

#include "regionstore/regionstore.h"

void fill_store(struct rs_store *s);

#endif
