#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The tool matrix, second half: the tools that are not on every machine, and
# habits of programs.
# shellcheck source=tests/mount/lib.sh
. "$TEST_LIB/lib.sh"
# shellcheck source=tests/matrix/lib.sh
. "$TEST_LIB/../matrix/lib.sh"
begin_matrix
# shellcheck source=tests/matrix/rows-more.sh
. "$TEST_LIB/../matrix/rows-more.sh"
end_matrix
