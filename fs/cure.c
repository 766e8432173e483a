/* SPDX-License-Identifier: Apache-2.0 */
/* cure.c - the table of cures. */

#include "fs/cure.h"

#include <string.h>

static const struct cure {
	int code;
	enum fs_exit exit;
	const char *text;
} cures[] = {
	{ -ENOENT, FS_EXIT_FAILED, "make one with 'roarfs create'" },
	{ -EBUSY, FS_EXIT_FAILED, "if it is mounted, unmount it first" },
	{ -EMEDIUMTYPE, FS_EXIT_FAILED, "was it made by 'roarfs create'?" },
	{ -EUCLEAN, FS_EXIT_DAMAGE,
	  "'roarfs repair --dry-run' says what can be had of it" },
	{ -EBADMSG, FS_EXIT_DAMAGE,
	  "'roarfs repair --dry-run' says what can be had of it" },
};

static const struct cure *find(int code)
{
	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
		if (cures[i].code == code)
			return &cures[i];
	return NULL;
}

enum fs_exit fs_cure_open(int code, struct err *e)
{
	const struct cure *cure = find(code);
	struct err why = *e;

	if (!why.msg[0])
		err_set(&why, code, "%s",
			err_is_listed(code) ? err_text(code)
					    : strerrordesc_np(-code));
	if (cure)
		err_set(e, code, "%.*s; %s", ERR_MSG_SIZE / 2, why.msg,
			cure->text);
	else
		*e = why;
	return cure ? cure->exit : FS_EXIT_FAILED;
}
