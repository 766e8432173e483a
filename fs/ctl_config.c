/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_config.c - .ctl/config: how it was mounted, and what is fixed. */
#include "fs/ctl_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/fs.h"

#define FORM	 "%-12s"
#define MS_PER_S 1000.0

static void write_word(FILE *f, const char *word, const char *value)
{
	fprintf(f, FORM "%s\n", word, value);
}

/* The words for libfuse and the kernel, each with a comma before it. */
static void write_kernel(FILE *f, const char *words)
{
	write_word(f, "kernel", words[0] ? words + 1 : "defaults");
}

int fs_ctl_config(const struct fs *fs, char **ret_text, size_t *ret_len)
{
	const struct fs_mount_opts *o = &fs->config;
	FILE *f = open_memstream(ret_text, ret_len);

	if (!f)
		return -ENOMEM;
	write_word(f, "store", fs->store_path ? fs->store_path : "");
	write_word(f, "access", fs->read_only ? "ro" : "rw");
	fprintf(f, FORM "%g\n", "commit", o->commit_ms / MS_PER_S);
	write_word(f, "flushes", o->two_flush ? "2pc" : "1");
	write_word(f, "sync", fs->sync_writes ? "yes" : "no");
	write_word(f, "transport",
		   atomic_load(&fs->transport) ? "io_uring" : "/dev/fuse");
	write_kernel(f, o->kernel);
	if (fclose(f) == 0)
		return 0;
	free(*ret_text);
	return -ENOMEM;
}
