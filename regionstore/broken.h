/* SPDX-License-Identifier: Apache-2.0 */
/* broken.h - breaking the store on purpose, in one test. PRIVATE.
 *
 * A test that has never failed proves little. tests/crash/broken_crash.c is
 * built with a copy of its own of some files of the store, in which each duty
 * named here can be neglected, and the crash tests must notice. In the product
 * RS_BROKEN() is the constant false, and nothing of it is compiled.
 */
#ifndef RS_BROKEN_H
#define RS_BROKEN_H

#include <stdbool.h>

enum rs_break {
	RS_BREAK_NONE,
	RS_BREAK_QUARANTINE, /* freed pages are used again at once */
	RS_BREAK_MANIFEST,   /* the newest superblock is believed */
	RS_BREAK_ANEW,	     /* a sync that failed is tried again */
	RS_BREAK_SETTLE,     /* what a dead process left counts as synced */
	RS_BREAK_NODE,	     /* checksums not compared: of nodes, */
	RS_BREAK_PAYLOAD,    /* segments and long values, */
	RS_BREAK_BLOCK,	     /* regions, */
	RS_BREAK_BITMAP,     /* allocation bitmaps, */
	RS_BREAK_SUPER,	     /* superblocks, */
	RS_BREAK_LOG,	     /* records of the log */
	RS_BREAKS
};

#ifdef RS_BREAKABLE
extern enum rs_break rs_broken;
#define RS_BROKEN(what) (rs_broken == (what))
#else
#define RS_BROKEN(what) false
#endif

#endif
