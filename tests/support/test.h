/* SPDX-License-Identifier: Apache-2.0 */
/* test.h - cmocka, and the headers it wants to find before it.
 *
 * A test is a sentence about behaviour:
 *
 *	off + len wraps around 2^64: refused, not believed.
 *	static void refuses_table_that_wraps(void **state)
 */

#ifndef TESTS_SUPPORT_TEST_H
#define TESTS_SUPPORT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
