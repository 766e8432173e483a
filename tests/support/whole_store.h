/* SPDX-License-Identifier: Apache-2.0 */
/* whole_store.h - a store with something of everything.
 *
 *	bitmaps/      a set of each form and of each kind of segment
 *	regions/dir/  a file inside its record, one with pages and holes, a
 *	              link, attributes short and long
 *	a snapshot, and changes after it, so that pages are pinned
 */
#ifndef TESTS_SUPPORT_WHOLE_STORE_H
#define TESTS_SUPPORT_WHOLE_STORE_H

#include "tests/support/mixed_work.h"

#define WHOLE_SNAP "before"

/* Into a store that was just formatted. */
void whole_fill(struct mixed *m);
/* And small things that a log takes: a file with a page, or none, and a set to
 * which a line is appended that waits. */
void whole_more(struct mixed *m, unsigned nth);
/* Is there a segment of each kind? */
bool whole_is_whole(const struct rs_view *v);

#endif
