/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_space.c - .ctl/space: where the bytes of the store file are. */
#include "fs/ctl_space.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/cmd_open.h"
#include "regionstore/regionstore.h"

static void write_size(FILE *f, const char *name, uint64_t bytes,
		       const char *note)
{
	char size[FS_SIZE_TEXT];

	fs_cmd_size(bytes, size);
	fprintf(f, "%-12s %s (%" PRIu64 ")%s\n", name, size, bytes, note);
}

static void write_totals(FILE *f, const struct rs_stats *st,
			 const struct rs_space *sp)
{
	write_size(f, "size", st->file_bytes, ", length of the file");
	write_size(f, "used", st->used_bytes, "");
	write_size(f, "pinned", st->pinned_bytes,
		   ", of it held by snapshots alone");
	write_size(f, "quarantined", sp->quarantined,
		   ", free after the next commits");
	write_size(f, "spare", sp->spare, ", for removals on a full disk");
	write_size(f, "warm", sp->warm, ", free, with blocks of the host");
	write_size(f, "holes", sp->free - sp->warm,
		   ", free, without, as far as is known");
}

static void write_groups(FILE *f, const struct rs_space *sp)
{
	fprintf(f, "\n%-8s %12s %12s %12s %12s\n", "group", "used",
		"quarantined", "warm", "holes");
	for (size_t i = 0; i < sp->n_groups; i++) {
		const struct rs_group_space *g = &sp->groups[i];

		fprintf(f,
			"%-8zu %12" PRIu64 " %12" PRIu64 " %12" PRIu64
			" %12" PRIu64 "\n",
			i, g->used, g->quarantined, g->warm, g->free - g->warm);
	}
}

/* A name may hold anything but / and NUL; the table has one line for each. */
static void write_name(FILE *f, const char *name)
{
	for (; *name; name++)
		fputc((unsigned char)*name < ' ' || *name == 0x7f ? '?' : *name,
		      f);
	fputc('\n', f);
}

static void write_snaps(FILE *f, const struct rs_space *sp)
{
	if (sp->n_snaps == 0)
		return;
	fprintf(f, "\n%12s %12s  snapshot, oldest first%s\n", "unique",
		"shared", sp->partial ? " (at least)" : "");
	for (size_t i = 0; i < sp->n_snaps; i++) {
		fprintf(f, "%12" PRIu64 " %12" PRIu64 "  ", sp->snaps[i].unique,
			sp->snaps[i].shared);
		write_name(f, sp->snaps[i].snap.name);
	}
}

int fs_ctl_space(struct rs_store *s, char **ret_text, size_t *ret_len)
{
	struct rs_stats st;
	struct rs_space sp;
	char *text = NULL;
	size_t len = 0;
	FILE *f;
	int err = rs_space(s, &sp);

	if (err)
		return err;
	rs_stats(s, &st);
	f = open_memstream(&text, &len);
	if (f) {
		write_totals(f, &st, &sp);
		write_groups(f, &sp);
		write_snaps(f, &sp);
	}
	rs_space_finish(&sp);
	if (!f || fclose(f)) {
		free(text);
		return -ENOMEM;
	}
	*ret_text = text;
	*ret_len = len;
	return 0;
}
