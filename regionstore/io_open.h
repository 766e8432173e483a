/* SPDX-License-Identifier: Apache-2.0 */
/* io_open.h - the file of a store, opened for this process alone. PRIVATE. */
#ifndef RS_IO_OPEN_H
#define RS_IO_OPEN_H

#include "regionstore/io.h"

struct err;

/* The regular file at path, by the flags of rs_io_file(), whose errors these
 * are. The lock ends with the descriptor. */
int rs_io_open_fd(const char *path, unsigned flags, int *ret_fd, struct err *e);

#endif
