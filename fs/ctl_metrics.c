/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_metrics.c - .ctl/metrics: what the store counts, in OpenMetrics text.
 *
 * A collector that reads files, or `cat` behind a web server, is all that it
 * takes to draw curves of it. Names once given stay.
 */
#include "fs/ctl_metrics.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "fs/fs.h"

#define NS_PER_S 1e9

static void head(FILE *f, const char *name, const char *type, const char *unit,
		 const char *help)
{
	fprintf(f, "# TYPE roarfs_%s %s\n", name, type);
	if (unit)
		fprintf(f, "# UNIT roarfs_%s %s\n", name, unit);
	fprintf(f, "# HELP roarfs_%s %s\n", name, help);
}

static void gauge(FILE *f, const char *name, const char *help, uint64_t value)
{
	head(f, name, "gauge", NULL, help);
	fprintf(f, "roarfs_%s %" PRIu64 "\n", name, value);
}

/* Its name ends with _bytes. */
static void gauge_bytes(FILE *f, const char *name, const char *help,
			uint64_t value)
{
	head(f, name, "gauge", "bytes", help);
	fprintf(f, "roarfs_%s %" PRIu64 "\n", name, value);
}

static void counter(FILE *f, const char *name, const char *unit,
		    const char *help, uint64_t value)
{
	head(f, name, "counter", unit, help);
	fprintf(f, "roarfs_%s_total %" PRIu64 "\n", name, value);
}

static void write_about(FILE *f, struct fs *fs, const struct rs_stats *st)
{
	bool uring = atomic_load(&fs->transport);

	head(f, "build", "info", NULL, "The daemon.");
	fprintf(f, "roarfs_build_info{version=\"%s\",transport=\"%s\"} 1\n",
		ROARFS_VERSION, uring ? "io_uring" : "dev_fuse");
	head(f, "start_time_seconds", "gauge", "seconds",
	     "When it was mounted, since 1970.");
	fprintf(f, "roarfs_start_time_seconds %.3f\n",
		(double)fs->started_ns / NS_PER_S);
	gauge(f, "error", "1: the store is in its ERROR state, else 0.",
	      st->error != 0);
	gauge(f, "read_only", "1: mounted read-only, else 0.", fs->read_only);
}

static void write_space(FILE *f, const struct rs_stats *st)
{
	gauge_bytes(f, "store_size_bytes", "Length of the store file.",
		    st->file_bytes);
	gauge_bytes(f, "store_used_bytes",
		    "In use, by what is live or by snapshots.", st->used_bytes);
	gauge_bytes(f, "store_pinned_bytes",
		    "Of these, in use by snapshots alone.", st->pinned_bytes);
	gauge_bytes(f, "store_reusable_bytes",
		    "Free, and with blocks of the host.", st->reuse_bytes);
	gauge_bytes(f, "uncommitted_bytes", "Changed since the last commit.",
		    st->dirty_bytes);
}

static void write_content(FILE *f, const struct rs_stats *st)
{
	gauge(f, "members", "Members of all sets.", st->weight);
	gauge(f, "records", "Records of the live tree.", st->records);
	gauge(f, "snapshots", "Snapshots that have a name.", st->snapshots);
}

static void write_work(FILE *f, struct fs *fs, const struct rs_stats *st)
{
	counter(f, "commits", NULL, "Commits.", st->commits);
	counter(f, "one_flush_commits", NULL, "Of these, those of one flush.",
		st->one_flush);
	counter(f, "log_syncs", NULL, "Syncs that needed no commit.",
		st->log_writes);
	counter(f, "flushes", NULL, "Times the host was asked to sync.",
		st->syncs);
	counter(f, "writes", NULL, "Writes to the store file by commits.",
		st->writes);
	counter(f, "written_bytes", "bytes", "Bytes of these.",
		st->write_bytes);
	counter(f, "unreadable_pages", NULL,
		"Pages of the store that the host could not read.",
		st->unreadable);
	counter(f, "errors", NULL, "Lines that .ctl/errors was given.",
		fs_errlog_count(&fs->errlog));
}

int fs_ctl_metrics(struct fs *fs, char **ret_text, size_t *ret_len)
{
	struct rs_stats st;
	FILE *f = open_memstream(ret_text, ret_len);

	if (!f)
		return -ENOMEM;
	rs_stats(fs->store, &st);
	write_about(f, fs, &st);
	write_space(f, &st);
	write_content(f, &st);
	write_work(f, fs, &st);
	fputs("# EOF\n", f);
	if (fclose(f) == 0)
		return 0;
	free(*ret_text);
	return -ENOMEM;
}
