/* SPDX-License-Identifier: Apache-2.0 */
/* stage_runs.h - members of a stage that are put aside. PRIVATE to bitmap/. */
#ifndef BM_STAGE_RUNS_H
#define BM_STAGE_RUNS_H

#include "bitmap/segment.h"

/* To apply members costs as many bytes as the stage has, or a segment for each
 * when these are few. What is put aside is written some three times. */
#define BM_RUN_MIN   1024u
#define BM_RUN_BYTES (4 * sizeof(uint64_t))

struct bm_stage;

struct bm_run {
	struct bm_stage *st; /* owned; has no runs itself */
	unsigned level;	     /* never above that of the run before */
};

struct bm_runs {
	struct bm_run *run;
	size_t n, cap;
};

/* Is it better to put delta aside than to apply it to the stage now? */
bool bm_runs_want(const struct bm_stage *st, const struct bm_delta *delta);
int bm_runs_add(struct bm_stage *st, const struct bm_delta *delta);
/* All that was put aside becomes part of the stage. After an error, it does
 * so at the next call. */
int bm_runs_merge(struct bm_stage *st);
/* Members that were put aside, those of several runs more than once. */
uint64_t bm_runs_count(const struct bm_stage *st);
void bm_runs_free(struct bm_stage *st);

#endif
