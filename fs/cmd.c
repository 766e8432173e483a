/* SPDX-License-Identifier: Apache-2.0 */
/* cmd.c - finding a subcommand, its options, its help. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fs/cmd.h"
#include "regionstore/base/auto.h"

#define HELP_VALUE 1	 /* what getopt says for --help */
#define OPT_VALUE  0x100 /* and for the n-th option, this + n */

/* --- messages ------------------------------------------------------------- */

enum fs_exit fs_cmd_say(const char *path, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "roarfs: '%s': ", path);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	return FS_EXIT_FAILED;
}

enum fs_exit fs_cmd_fail(const char *path, int code, const struct err *e)
{
	if (e && e->msg[0])
		return fs_cmd_say(path, "%s", e->msg);
	if (err_is_listed(code))
		return fs_cmd_say(path, "%s", err_text(code));
	return fs_cmd_say(path, "%s", strerrordesc_np(-code));
}

/* --- help ----------------------------------------------------------------- */

static void print_option(const struct fs_opt *o)
{
	char left[40];
	int n = 0;

	if (o->letter)
		n = snprintf(left, sizeof(left), "-%c, ", o->letter);
	snprintf(left + n, sizeof(left) - (size_t)n, "--%s%s%s", o->name,
		 o->arg ? "=" : "", o->arg ? o->arg : "");
	printf("  %-24s %s\n", left, o->help);
}

static void print_synopsis(const struct fs_cmd *c, FILE *to)
{
	fprintf(to, "usage: roarfs %s%s %s\n", c->name,
		c->opts ? " [OPTION...]" : "", c->synopsis);
}

static void print_command(const struct fs_cmd *c)
{
	static const struct fs_opt help = { "help", 0, NULL, "show this" };

	print_synopsis(c, stdout);
	printf("\n%s\n\noptions:\n", c->help);
	for (const struct fs_opt *o = c->opts; o && o->name; o++)
		print_option(o);
	print_option(&help);
}

static void print_all(const struct fs_cmd *const *table)
{
	printf("usage: roarfs COMMAND [OPTION...] ...\n\n"
	       "Sets and files in one store, as ordinary files.\n\n"
	       "commands:\n");
	for (; *table; table++)
		printf("  %-10s %-24s %s\n", (*table)->name, (*table)->synopsis,
		       (*table)->help);
	printf("\n"
	       "roarfs COMMAND --help shows the options of one.\n"
	       "roarfs --version shows which roarfs this is.\n");
}

/* --- options -------------------------------------------------------------- */

struct parser {
	struct option longs[FS_OPTS_MAX + 2];
	char shorts[2 * FS_OPTS_MAX + 1];
};

static void parser_init(struct parser *p, const struct fs_cmd *c)
{
	char *s = p->shorts;
	int n = 0;

	*p = (struct parser){ 0 };
	for (; c->opts && c->opts[n].name && n < FS_OPTS_MAX; n++) {
		const struct fs_opt *o = &c->opts[n];
		int has_arg = o->arg ? required_argument : no_argument;

		p->longs[n] = (struct option){ o->name, has_arg, NULL,
					       OPT_VALUE + n };
		if (!o->letter)
			continue;
		*s++ = o->letter;
		if (o->arg)
			*s++ = ':';
	}
	p->longs[n] = (struct option){ "help", no_argument, NULL, HELP_VALUE };
}

/* The place of what getopt found among the options of c. */
static int place_of(const struct fs_cmd *c, int found)
{
	int n = 0;

	if (found >= OPT_VALUE)
		return found - OPT_VALUE;
	while (c->opts[n].letter != found)
		n++;
	return n;
}

static int add_value(char **value, const char *more)
{
	char *joined;

	if (asprintf(&joined, "%s%s%s", *value ? *value : "",
		     *value && **value ? "," : "", more ? more : "") < 0)
		return -ENOMEM;
	free(*value);
	*value = joined;
	return 0;
}

static enum fs_exit usage(const struct fs_cmd *c)
{
	print_synopsis(c, stderr);
	fprintf(stderr, "roarfs %s --help shows more.\n", c->name);
	return FS_EXIT_USAGE;
}

/* FS_EXIT_DONE with args filled, or with *ret_helped when that was all. */
static enum fs_exit parse(const struct fs_cmd *c, int argc, char **argv,
			  struct fs_args *args, bool *ret_helped)
{
	static char program[] = "roarfs";
	struct parser p;
	int found;

	parser_init(&p, c);
	args->cmd = c;
	/* Its messages begin with argv[0]. */
	argv[0] = program;
	optind = 0;
	/* One thread: NOLINTNEXTLINE(concurrency-mt-unsafe) */
	while ((found = getopt_long(argc, argv, p.shorts, p.longs, NULL)) !=
	       -1) {
		if (found == '?')
			return usage(c);
		if (found == HELP_VALUE) {
			print_command(c);
			*ret_helped = true;
			return FS_EXIT_DONE;
		}
		if (add_value(&args->value[place_of(c, found)], optarg) < 0)
			return FS_EXIT_FAILED;
	}
	args->operands = argv + optind;
	args->n_operands = argc - optind;
	if (args->n_operands >= c->operands_min &&
	    args->n_operands <= c->operands_max)
		return FS_EXIT_DONE;
	fprintf(stderr, "roarfs: %s: too %s operands\n", c->name,
		args->n_operands < c->operands_min ? "few" : "many");
	return usage(c);
}

static enum fs_exit run(const struct fs_cmd *c, int argc, char **argv)
{
	struct fs_args args = { 0 };
	bool helped = false;
	enum fs_exit code = parse(c, argc, argv, &args, &helped);

	if (code == FS_EXIT_DONE && !helped)
		code = c->run(&args);
	for (int i = 0; i < FS_OPTS_MAX; i++)
		free(args.value[i]);
	return code;
}

enum fs_exit fs_cmd_main(const struct fs_cmd *const *table, int argc,
			 char **argv)
{
	const char *name = argc > 0 ? argv[0] : "";

	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0) {
		print_all(table);
		return FS_EXIT_DONE;
	}
	if (strcmp(name, "--version") == 0) {
		printf("roarfs %s\n", ROARFS_VERSION);
		return FS_EXIT_DONE;
	}
	for (const struct fs_cmd *const *c = table; *c; c++)
		if (strcmp(name, (*c)->name) == 0)
			return run(*c, argc, argv);
	if (argc > 0)
		fprintf(stderr, "roarfs: '%s' is no command\n", name);
	fprintf(stderr, "usage: roarfs COMMAND [OPTION...] ...\n"
			"roarfs --help shows the commands.\n");
	return FS_EXIT_USAGE;
}
