/* SPDX-License-Identifier: Apache-2.0 */
/* replay.c - run a fuzz target on stored inputs, without a fuzzer.
 *
 * Each argument is a file or a directory of files. No input at all is a
 * failure: a corpus that is not found must not look like one that passes.
 */

#include "regionstore/base/auto.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define INPUT_SIZE_MAX (64 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void close_stream(FILE **f)
{
	if (*f)
		fclose(*f);
}

/* The memory is as large as the input, so that a sanitizer sees the first byte
 * read beyond it.
 */
static int run_file(const char *path, size_t size)
{
	AUTO(close_stream) FILE *f = fopen(path, "rb");
	AUTO_FREE uint8_t *data = malloc(size ? size : 1);

	if (!f || !data || fread(data, 1, size, f) != size) {
		perror(path);
		return -1;
	}
	printf("%s\n", path);
	fflush(stdout);
	LLVMFuzzerTestOneInput(data, size);
	return 1;
}

static int run_path(const char *path);

/* How many inputs were run, or -1. */
static int run_dir(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);
	int ran = 0;

	if (n < 0) {
		perror(path);
		return -1;
	}
	for (int i = 0; i < n; i++) {
		char inner[PATH_MAX];
		int one = 0;

		snprintf(inner, sizeof(inner), "%s/%s", path, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			one = run_path(inner);
		ran = ran < 0 || one < 0 ? -1 : ran + one;
		free(names[i]);
	}
	free(names);
	return ran;
}

static int run_path(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		perror(path);
		return -1;
	}
	if (S_ISDIR(st.st_mode))
		return run_dir(path);
	if (st.st_size > INPUT_SIZE_MAX) {
		fprintf(stderr, "%s: too large\n", path);
		return -1;
	}
	return run_file(path, (size_t)st.st_size);
}

int main(int argc, char **argv)
{
	int ran = 0;

	for (int i = 1; i < argc; i++) {
		int one = run_path(argv[i]);

		if (one < 0)
			return EXIT_FAILURE;
		ran += one;
	}
	printf("%d inputs\n", ran);
	return ran > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
