/* SPDX-License-Identifier: Apache-2.0 */
/* attr.h - what the compiler shall watch over, in words.
 *
 * MUST_CHECK      on a function whose result must not be dropped.
 * PRINTF_LIKE(f, a)  on a function whose argument f is a printf format and
 *                 whose arguments for it start at a.
 *
 * Those for locks are in lock.h, those for cleanup in auto.h.
 */

#ifndef REGIONSTORE_BASE_ATTR_H
#define REGIONSTORE_BASE_ATTR_H

#define MUST_CHECK	  __attribute__((warn_unused_result))
#define PRINTF_LIKE(f, a) __attribute__((format(printf, f, a)))

#endif
