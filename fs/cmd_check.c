/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_check.c - `roarfs check`: is everything in the store as it should be? */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "fs/cmd_open.h"
#include "fs/json.h"
#include "fs/ns_check.h"

#define SHOWN_MAX      1000u
#define NOTES_MAX      3u
#define PROGRESS_NS    200000000
#define PROGRESS_AFTER 1000000000

enum {
	OPT_FAST,
	OPT_JSON
};

static const struct fs_opt opts[] = {
	{ "fast", 0, NULL,
	  "leave what files hold unread: nodes, records and "
	  "free space alone" },
	{ "json", 0, NULL, "print the result as JSON" },
	{ NULL, 0, NULL, NULL },
};

struct run {
	const char *path;
	bool as_json, as_progress, fast;
	struct fs_json json;
	uint64_t shown;
	unsigned n_notes;
	char notes[NOTES_MAX][RS_REPORT_TEXT];
	int64_t started_ns, told_ns;
};

static void clear_progress(const struct run *r)
{
	if (r->told_ns)
		fprintf(stderr, "\r\033[K");
}

static void on_finding(void *arg, const char *text)
{
	struct run *r = arg;

	if (r->shown++ >= SHOWN_MAX)
		return;
	clear_progress(r);
	if (r->as_json)
		fs_json_text(&r->json, NULL, text);
	else
		printf("%s: %s\n", r->path, text);
}

/* No reason for another verdict. */
static void on_note(void *arg, const char *text)
{
	struct run *r = arg;

	if (!r->as_json)
		printf("%s: note: %s\n", r->path, text);
	else if (r->n_notes < NOTES_MAX)
		snprintf(r->notes[r->n_notes++], RS_REPORT_TEXT, "%s", text);
}

static void on_progress(void *arg, uint64_t seen, uint64_t of)
{
	struct run *r = arg;
	int64_t now;

	/* The clock costs more than most records. */
	if (!r->as_progress || seen % 1024 != 0)
		return;
	now = fs_cmd_now_ns();
	if (now - r->started_ns < PROGRESS_AFTER ||
	    now - r->told_ns < PROGRESS_NS)
		return;
	r->told_ns = now;
	fprintf(stderr, "\rchecking: %" PRIu64 " of %" PRIu64 " records", seen,
		of > seen ? of : seen);
}

static void print_json(struct run *r, const struct rs_check_result *result)
{
	struct fs_json *j = &r->json;

	fs_json_close(j, ']');
	fs_json_open(j, "notes", '[');
	for (unsigned i = 0; i < r->n_notes; i++)
		fs_json_text(j, NULL, r->notes[i]);
	fs_json_close(j, ']');
	fs_json_number(j, "damaged", result->findings);
	fs_json_number(j, "pages", result->pages);
	fs_json_number(j, "records", result->records);
	fs_json_number(j, "payload_bytes", result->payload_bytes);
	fs_json_close(j, '}');
	fs_json_end(j);
}

static void print_summary(const struct run *r,
			  const struct rs_check_result *result)
{
	char size[FS_SIZE_TEXT];

	if (r->shown > SHOWN_MAX)
		printf("%s: ... and %" PRIu64 " findings more\n", r->path,
		       r->shown - SHOWN_MAX);
	fs_cmd_size(result->payload_bytes, size);
	if (result->findings)
		printf("%s: DAMAGED: %" PRIu64 " findings", r->path,
		       result->findings);
	else
		printf("%s: sound", r->path);
	printf(" (%" PRIu64 " records, %" PRIu64 " tree pages, %s of content%s)"
	       "\n",
	       result->records, result->pages, size,
	       r->fast ? " not read" : "");
}

static enum fs_exit check(struct run *r, struct rs_store *s)
{
	const struct fs_check_ops ops = { .report = on_finding,
					  .note = on_note,
					  .progress = on_progress,
					  .fast = r->fast };
	struct rs_check_result result = { 0 };
	int err;

	if (r->as_json) {
		fs_json_open(&r->json, NULL, '{');
		fs_json_text(&r->json, "store", r->path);
		fs_json_text(&r->json, "read",
			     r->fast ? "metadata" : "everything");
		fs_json_open(&r->json, "findings", '[');
	}
	err = fs_check_run(s, &ops, r, &result);
	clear_progress(r);
	if (r->as_json)
		print_json(r, &result);
	if (err < 0) {
		fs_cmd_fail(r->path, err, NULL);
		return err == -EUCLEAN || err == -EBADMSG ? FS_EXIT_DAMAGE
							  : FS_EXIT_FAILED;
	}
	if (!r->as_json)
		print_summary(r, &result);
	return result.findings ? FS_EXIT_DAMAGE : FS_EXIT_DONE;
}

static enum fs_exit run(const struct fs_args *args)
{
	struct run r = {
		.path = args->operands[0],
		.as_json = args->value[OPT_JSON],
		.fast = args->value[OPT_FAST],
		.as_progress = isatty(STDERR_FILENO),
		.json = fs_json_to(stdout),
		.started_ns = fs_cmd_now_ns(),
	};
	struct rs_store *s;
	enum fs_exit code = fs_cmd_open(r.path, true, &s);

	if (code != FS_EXIT_DONE)
		return code;
	code = check(&r, s);
	return fs_cmd_close(r.path, s, code);
}

const struct fs_cmd fs_cmd_check = {
	.name = "check",
	.synopsis = "STORE",
	.help = "read everything in a store and say what is damaged",
	.operands_min = 1,
	.operands_max = 1,
	.opts = opts,
	.run = run,
};
