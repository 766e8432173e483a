/* SPDX-License-Identifier: Apache-2.0 */
/* ctl_metrics.h - the text of .ctl/metrics, for programs. */
#ifndef FS_CTL_METRICS_H
#define FS_CTL_METRICS_H

#include <stddef.h>

struct fs;

/* OpenMetrics 1.0. Counters begin at the mount. The caller frees it. */
int fs_ctl_metrics(struct fs *fs, char **ret_text, size_t *ret_len);

#endif
