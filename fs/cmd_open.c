/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_open.c - opening and closing the store that a subcommand names. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "fs/cmd_open.h"
#include "fs/cure.h"
#include "regionstore/regionstore.h"

#define NS_PER_SEC 1000000000

enum fs_exit fs_cmd_open(const char *path, bool read_only,
			 struct rs_store **ret_store)
{
	const struct rs_open_opts opts = { .read_only = read_only };
	struct err e = { 0 };
	enum fs_exit code;
	int err = rs_open(path, &opts, ret_store, &e);

	if (err == 0)
		return FS_EXIT_DONE;
	code = fs_cure_open(err, &e);
	fs_cmd_say(path, "%s", e.msg);
	return code;
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
