/* SPDX-License-Identifier: Apache-2.0 */
/* cure.h - what to do about a store that cannot be opened.
 *
 * The layers below say what is wrong; what a person can type against it is
 * known here, where the commands are.
 *
 * Threads: pure functions.
 */
#ifndef FS_CURE_H
#define FS_CURE_H

#include "fs/cmd.h"

/* Opening said code, and perhaps why in e: make that a whole message, with the
 * cure behind it if there is one. How the command exits. */
enum fs_exit fs_cure_open(int code, struct err *e);

#endif
