/* SPDX-License-Identifier: Apache-2.0 */
/* overwrite.c - the floor of durability: overwrite 4 KiB of a file that
 * exists, fdatasync, again.
 *
 *   overwrite FILE COUNT
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

int main(int argc, char **argv)
{
	static char block[4096];
	int count = argc == 3 ? atoi(argv[2]) : 0;
	int fd = count > 0 ? open(argv[1], O_CREAT | O_RDWR, 0600) : -1;
	double begin;

	if (fd < 0) {
		fprintf(stderr, "usage: overwrite FILE COUNT\n");
		return 2;
	}
	for (int i = 0; i < 64; i++)
		if (pwrite(fd, block, 4096, i * 4096L) != 4096)
			return 1;
	if (fdatasync(fd) < 0)
		return 1;
	begin = now();
	for (int i = 0; i < count; i++) {
		memset(block, i, sizeof(block));
		if (pwrite(fd, block, 4096, i % 64 * 4096L) != 4096 ||
		    fdatasync(fd) < 0)
			return 1;
	}
	printf("append_fsync %.3f us\n", (now() - begin) / count * 1e6);
	close(fd);
	return 0;
}
