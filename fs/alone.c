/* SPDX-License-Identifier: Apache-2.0 */
/* alone.c - who asked last, and when somebody else did. */
#include "fs/alone.h"

#include <stdint.h>
#include <time.h>

#define WHILE_NS 20000000u /* without anybody else */

static _Thread_local pid_t last;
static _Thread_local uint64_t other_ns; /* when last came, after another */

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void fs_alone_note(pid_t pid)
{
	if (pid == 0 || pid == last) /* 0: the kernel itself */
		return;
	last = pid;
	other_ns = now_ns();
}

bool fs_alone(void)
{
	return last != 0 && now_ns() - other_ns > WHILE_NS;
}
