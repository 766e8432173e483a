/* SPDX-License-Identifier: Apache-2.0 */
/* mend_names.c - names, the numbers that count them, and what has none.
 *
 * Each step looks at the tree as the step before left it:
 *
 *	roots     the three directories that every store has
 *	dirs      a directory that has entries and is gone comes back, plain
 *	strays    entries, attributes, orphans and expiry of nothing go
 *	lost      what has no name, or hangs from no root, gets one
 *	parents   the directory that a directory is in, and realms
 *	counts    link counts, and what expires
 *
 * Directories come first, so that their entries do not lead nowhere; what lost
 * its last name with a stray gets one; and numbers are right when all names
 * are.
 */
#include "fs/mend_names.h"

int fs_mend_names(struct fs_mend *m)
{
	int err = fs_mend_roots(m);

	if (err == 0)
		err = fs_mend_dirs(m);
	if (err == 0)
		err = fs_mend_strays(m);
	if (err == 0)
		err = fs_mend_lost(m);
	if (err == 0)
		err = fs_mend_parents(m);
	return err < 0 ? err : fs_mend_links(m);
}
