/* SPDX-License-Identifier: Apache-2.0 */
/* io_overlay.h - a store file whose changes stay in memory. PRIVATE. */
#ifndef RS_IO_OVERLAY_H
#define RS_IO_OVERLAY_H

#include "regionstore/base/err.h"
#include "regionstore/io.h"

/* The file is opened for reading and locked against writers; it never changes.
 * What is written is there until close, also for the mapping. */
int rs_io_overlay(const char *path, struct rs_io **ret_io, struct err *e);

#endif
