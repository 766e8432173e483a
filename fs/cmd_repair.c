/* SPDX-License-Identifier: Apache-2.0 */
/* cmd_repair.c - `roarfs repair`: first what it would do, then, when told to,
 * doing it.
 *
 * The first run is over a copy in memory, and is checked in the end: what is
 * listed is what will be given up, and a repair that would not lead to a sound
 * store is not begun.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fs/cmd_open.h"
#include "fs/repair.h"

enum {
	OPT_TO,
	OPT_DRY,
	OPT_KEEP,
	OPT_YES
};

static const struct fs_opt opts[] = {
	{ "to", 0, "WHAT",
	  "go on from: newest, previous, steady, snapshot=NAME" },
	{ "dry-run", 'n', NULL, "only say what would be given up" },
	{ "keep-snapshots", 0, NULL,
	  "leave snapshots alone that cannot be read whole" },
	{ "yes", 'y', NULL, "do not ask" },
	{ NULL, 0, NULL, NULL },
};

struct run {
	const char *path;
	bool quiet; /* it was all said before */
};

static void on_loss(void *arg, const char *text)
{
	const struct run *r = arg;

	if (!r->quiet)
		printf("%s: %s\n", r->path, text);
}

static bool parse_to(const char *word, struct fs_repair *how)
{
	static const char snap[] = "snapshot=";
	static const struct {
		const char *word;
		enum rs_repair_to to;
	} words[] = {
		{ "newest", RS_REPAIR_NEWEST },
		{ "previous", RS_REPAIR_PREVIOUS },
		{ "steady", RS_REPAIR_STEADY },
	};

	if (!word)
		return true;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i].word) != 0)
			continue;
		how->to = words[i].to;
		return true;
	}
	if (strncmp(word, snap, strlen(snap)) != 0 || !word[strlen(snap)])
		return false;
	how->to = RS_REPAIR_SNAPSHOT;
	how->snap = word + strlen(snap);
	return true;
}

static enum fs_exit fail(const char *path, int err, const struct err *e)
{
	fs_cmd_fail(path, err, e);
	return err == -EUCLEAN || err == -EBADMSG ? FS_EXIT_DAMAGE
						  : FS_EXIT_FAILED;
}

/* "yes" on a terminal. */
static bool confirmed(void)
{
	char line[16];

	if (!isatty(STDIN_FILENO))
		return false;
	printf("Give that up, and repair? Type yes: ");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}

static enum fs_exit plan(struct run *r, struct fs_repair *how)
{
	struct err e = { 0 };
	int err;

	how->dry = true;
	err = fs_repair(r->path, how, &e);
	if (err < 0)
		return fail(r->path, err, &e);
	if (how->findings && !how->keep_snapshots) {
		fs_cmd_say(r->path,
			   "after this repair %" PRIu64 " findings would be "
			   "left; use 'roarfs salvage'",
			   how->findings);
		return FS_EXIT_DAMAGE;
	}
	return FS_EXIT_DONE;
}

static enum fs_exit repair(struct run *r, struct fs_repair *how)
{
	struct err e = { 0 };
	int err;

	how->dry = false;
	r->quiet = true;
	err = fs_repair(r->path, how, &e);
	if (err < 0)
		return fail(r->path, err, &e);
	printf("%s: repaired\n", r->path);
	return how->findings ? FS_EXIT_DAMAGE : FS_EXIT_DONE;
}

static enum fs_exit run(const struct fs_args *args)
{
	struct run r = { .path = args->operands[0] };
	struct fs_repair how = { .say = on_loss,
				 .arg = &r,
				 .keep_snapshots = args->value[OPT_KEEP] };
	enum fs_exit code;

	if (!parse_to(args->value[OPT_TO], &how)) {
		fs_cmd_say(args->value[OPT_TO],
			   "not newest, previous, steady or snapshot=NAME");
		return FS_EXIT_USAGE;
	}
	code = plan(&r, &how);
	if (code != FS_EXIT_DONE)
		return code;
	if (!how.said)
		printf("%s: nothing has to be given up; free space and "
		       "counters are made anew\n",
		       r.path);
	if (args->value[OPT_DRY])
		return how.said ? FS_EXIT_DAMAGE : FS_EXIT_DONE;
	if (!args->value[OPT_YES] && !confirmed())
		return fs_cmd_say(r.path, "nothing was changed; --yes repairs");
	return repair(&r, &how);
}

const struct fs_cmd fs_cmd_repair = {
	.name = "repair",
	.synopsis = "STORE",
	.help = "mend a damaged store, saying first what is given up",
	.operands_min = 1,
	.operands_max = 1,
	.opts = opts,
	.run = run,
};
