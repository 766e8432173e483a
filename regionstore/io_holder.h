/* SPDX-License-Identifier: Apache-2.0 */
/* io_holder.h - who holds the lock on a store file. PRIVATE. */
#ifndef RS_IO_HOLDER_H
#define RS_IO_HOLDER_H

struct err;

/* -EBUSY, with a sentence that names the process that holds the lock on the
 * file behind fd when it can be found. */
int rs_io_name_holder(int fd, struct err *e);

#endif
