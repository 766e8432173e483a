/* SPDX-License-Identifier: Apache-2.0 */
/* crash_judge.h - was this power cut survived?
 *
 * The disk must open, check without a finding, and show one of the states that
 * its timeline allows; then orphans are reaped, as a mount does, and it must
 * be sound and look the same.
 */
#ifndef TESTS_SUPPORT_CRASH_JUDGE_H
#define TESTS_SUPPORT_CRASH_JUDGE_H

#include "tests/support/crash_window.h"
#include "tests/support/timeline.h"

struct judge {
	const struct timeline *tl;
	const char *what; /* was done */
	bool quiet;	  /* a violation is what we want */
	/* Lose the newest superblock as well: all that can be seen in the
	 * commit before is still whole (I1), and is some state there was. Its
	 * free space need not be: the next commit is at work on that. */
	bool older;
	/* Sum over all that was judged. */
	uint64_t images, same, bad;
	/* What was judged before. */
	struct crash_seen *seen;
};

void judge_finish(struct judge *j); /* accepts a zeroed one */
/* Another timeline: what was seen of the last one does not count. */
void judge_start(struct judge *j, const struct timeline *tl, const char *what);

/* True when it was survived. Uses up the disk. An image with the bytes of one
 * that was judged before is not opened again. A hash of each other one is
 * appended to the file that the environment variable IMAGES names, by which
 * images of several programs can be told apart. */
bool judge_crash(struct judge *j, const struct crash *c);
/* The same for a crash_plan; arg is the judge. */
void judge_each(void *arg, const struct crash *c);

#endif
