/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_mount_opts.c - any words after -o: either refused with a reason, or
 * strings that end inside their fields, and a commit within its limits.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fs/mount_opts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *list = malloc(size + 1);
	struct fs_mount_opts o;
	struct err e = { 0 };

	if (!list)
		return 0;
	if (size)
		memcpy(list, data, size);
	list[size] = 0;
	fs_mount_opts_init(&o);
	if (fs_mount_opts_list(&o, list, &e)) {
		assert(e.msg[0]);
	} else {
		assert(strnlen(o.kernel, sizeof(o.kernel)) < sizeof(o.kernel));
		assert(strnlen(o.fsname, sizeof(o.fsname)) < sizeof(o.fsname));
		assert(o.commit_ms >= 1000);
		assert(o.commit_ms <= FS_COMMIT_S_MAX * 1000);
	}
	free(list);
	return 0;
}
