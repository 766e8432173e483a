/* SPDX-License-Identifier: Apache-2.0 */
/* overwrite.c - the floor of durability: overwrite 4 KiB of a file that
 * exists, fdatasync, again; or a run of PAGES in a row and the first page of
 * the file, as a commit of one flush must at least.
 *
 *   overwrite FILE COUNT [PAGES]
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

#define PAGE  4096L
#define PLACE 64L /* pages of the file */

/* The i-th time. */
static int write_once(int fd, int i, long pages)
{
	static char block[PLACE * PAGE];
	long at = 1 + i * pages % (PLACE - pages);

	memset(block, i, (size_t)(pages * PAGE));
	if (pwrite(fd, block, (size_t)(pages * PAGE), at * PAGE) !=
	    pages * PAGE)
		return -1;
	if (pages > 1 && pwrite(fd, block, PAGE, 0) != PAGE)
		return -1;
	return fdatasync(fd);
}

int main(int argc, char **argv)
{
	int count = argc == 3 || argc == 4 ? atoi(argv[2]) : 0;
	long pages = argc == 4 ? atol(argv[3]) : 1;
	int fd = count > 0 ? open(argv[1], O_CREAT | O_RDWR, 0600) : -1;
	double begin;

	if (fd < 0 || pages < 1 || pages > PLACE / 2) {
		fprintf(stderr, "usage: overwrite FILE COUNT [PAGES]\n");
		return 2;
	}
	for (int i = 0; i < PLACE; i++)
		if (write_once(fd, i, pages) < 0)
			return 1;
	begin = now();
	for (int i = 0; i < count; i++)
		if (write_once(fd, i, pages) < 0)
			return 1;
	printf("%s_fsync %.3f us\n", pages > 1 ? "overwrite" : "append",
	       (now() - begin) / count * 1e6);
	close(fd);
	return 0;
}
