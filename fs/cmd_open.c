/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_open.c - opening a store, with the cure for each refusal. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "fs/cmd_open.h"
#include "regionstore/regionstore.h"

#define NS_PER_SEC 1000000000

struct cure {
	int code;
	enum fs_exit exit;
	const char *word; /* that the message must hold, or NULL */
	const char *text;
};

static const struct cure cures[] = {
	{ -ENOENT, FS_EXIT_FAILED, NULL, "make one with 'roarfs create'" },
	{ -EBUSY, FS_EXIT_FAILED, NULL, "if it is mounted, unmount it first" },
	{ -EUCLEAN, FS_EXIT_FAILED, "not a store",
	  "was it made by 'roarfs create'?" },
	{ -EUCLEAN, FS_EXIT_DAMAGE, NULL,
	  "'roarfs repair --dry-run' says what can be had of it" },
	{ -EBADMSG, FS_EXIT_DAMAGE, NULL,
	  "'roarfs repair --dry-run' says what can be had of it" },
};

static const struct cure *find_cure(int code, const char *msg)
{
	for (size_t i = 0; i < sizeof(cures) / sizeof(cures[0]); i++)
		if (cures[i].code == code &&
		    (!cures[i].word || strstr(msg, cures[i].word)))
			return &cures[i];
	return NULL;
}

enum fs_exit fs_cmd_open(const char *path, bool read_only,
			 struct rs_store **ret_store)
{
	const struct rs_open_opts opts = { .read_only = read_only };
	struct err e = { 0 };
	const struct cure *cure;
	int err = rs_open(path, &opts, ret_store, &e);

	if (err == 0)
		return FS_EXIT_DONE;
	cure = find_cure(err, e.msg);
	if (!cure)
		return fs_cmd_fail(path, err, &e);
	/* It may have said so itself. */
	if (strstr(e.msg, "roarfs repair"))
		fs_cmd_say(path, "%s", e.msg);
	else
		fs_cmd_say(path, "%s; %s", e.msg[0] ? e.msg : err_text(err),
			   cure->text);
	return cure->exit;
}

enum fs_exit fs_cmd_close(const char *path, struct rs_store *s,
			  enum fs_exit code)
{
	int err = rs_close(s);

	if (err < 0 && code == FS_EXIT_DONE)
		return fs_cmd_fail(path, err, NULL);
	return code;
}

int64_t fs_cmd_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * NS_PER_SEC + ts.tv_nsec;
}

void fs_cmd_size(uint64_t bytes, char text[FS_SIZE_TEXT])
{
	static const char units[] = "KMGTPE";
	double n = (double)bytes;
	int unit = -1;

	while (n >= 1023.95 && unit < 5) {
		n /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(text, FS_SIZE_TEXT, "%" PRIu64 " B", bytes);
	else
		snprintf(text, FS_SIZE_TEXT, "%.1f %ciB", n, units[unit]);
}
