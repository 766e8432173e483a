#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The tool matrix: every ordinary tool reads, makes and changes a set, each
# row judged by every byte and the size. Prints a table:
#
#	meson test -C build mount-matrix mount-matrix_more -v
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
# shellcheck source=tests/matrix/lib.sh
. "$TEST_LIB/../matrix/lib.sh"
begin_matrix
# shellcheck source=tests/matrix/rows-read.sh
. "$TEST_LIB/../matrix/rows-read.sh"
# shellcheck source=tests/matrix/rows-write.sh
. "$TEST_LIB/../matrix/rows-write.sh"
end_matrix
