/* SPDX-License-Identifier: Apache-2.0 */
/* mounts.c - see mounts.h.
 *
 *	36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw
 *	   id parent dev root DIR  options  optional... -  TYPE SOURCE  options
 *
 * Space, tab, newline and backslash in a path are written \040 and so on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mounts.h"
#include "regionstore/base/auto.h"

#define MOUNTINFO "/proc/self/mountinfo"
#define DIR_FIELD 4 /* from 0 */

static bool is_octal(const char *p)
{
	return p[0] >= '0' && p[0] <= '3' && p[1] >= '0' && p[1] <= '7' &&
	       p[2] >= '0' && p[2] <= '7';
}

/* Copy one field, which ends at a space or the end of the line. */
static bool copy_field(const char *from, char *to, size_t cap)
{
	size_t n = 0;

	for (; *from && *from != ' ' && *from != '\n'; from++) {
		char c = *from;

		if (n + 1 >= cap)
			return false;
		if (c == '\\' && is_octal(from + 1)) {
			c = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 |
				   (from[3] - '0'));
			from += 3;
		}
		to[n++] = c;
	}
	to[n] = '\0';
	return n > 0;
}

/* The field after n spaces, or NULL. */
static const char *skip_fields(const char *p, int n)
{
	while (n-- > 0) {
		p = strchr(p, ' ');
		if (!p)
			return NULL;
		p++;
	}
	return p;
}

bool fs_mount_parse(const char *line, struct fs_mount_entry *ret_entry)
{
	const char *dir = skip_fields(line, DIR_FIELD);
	const char *type = dir ? strstr(dir, " - ") : NULL;
	const char *source;

	if (!type)
		return false;
	type += 3;
	source = skip_fields(type, 1);
	ret_entry->read_only = strncmp(skip_fields(dir, 1), "ro", 2) == 0;
	return source && copy_field(dir, ret_entry->dir, PATH_MAX) &&
	       copy_field(type, ret_entry->type, sizeof(ret_entry->type)) &&
	       copy_field(source, ret_entry->source, PATH_MAX);
}

int fs_mount_find(const char *dir, struct fs_mount_entry *ret_entry)
{
	AUTO_FREE struct fs_mount_entry *entry = malloc(sizeof(*entry));
	FILE *f = fopen(MOUNTINFO, "re");
	AUTO_FREE char *line = NULL;
	size_t cap = 0;
	int err = -ENOENT;

	if (!f)
		return -errno;
	/* Later lines lie above earlier ones. */
	while (entry && getline(&line, &cap, f) > 0) {
		if (!fs_mount_parse(line, entry) ||
		    strcmp(entry->dir, dir) != 0)
			continue;
		*ret_entry = *entry;
		err = 0;
	}
	fclose(f);
	return entry ? err : -ENOMEM;
}

bool fs_mount_any_below(const char *dir)
{
	AUTO_FREE struct fs_mount_entry *entry = malloc(sizeof(*entry));
	FILE *f = fopen(MOUNTINFO, "re");
	AUTO_FREE char *line = NULL;
	size_t cap = 0, len = strlen(dir);
	bool any = !entry || !f;

	while (!any && getline(&line, &cap, f) > 0)
		any = fs_mount_parse(line, entry) &&
		      strncmp(entry->dir, dir, len) == 0 &&
		      entry->dir[len] == '/';
	if (f)
		fclose(f);
	return any;
}
