#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# ci.sh [STEP...] - all checks, or the named ones.
#
# What fails in a hosted run fails here with the same command. One line per
# step; the last line of all is the sum. Fails when anything failed, and when
# nothing passed.
#
#   lint      conventions: layers, sizes, format, ...
#   gcc       all tests, warnings are errors
#   clang     the same, and who holds which lock
#   asan      address and undefined behaviour, leaks
#   tsan      data races
#   valgrind  what is read before it is written
#   release   as shipped, without asserts: none of them does any work
#   tidy      clang-tidy on every source
#   fuzz      each target for FUZZ_SECONDS (20)
#   dist      the tarball builds and tests itself, and installs cleanly
#   bench     numbers, never a failure; only when named

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export LC_ALL=C.UTF-8
# shellcheck source=scripts/lib-ci.sh
. scripts/lib-ci.sh
# shellcheck source=scripts/ci-steps.sh
. scripts/ci-steps.sh

all=(lint gcc clang asan tsan valgrind release tidy fuzz dist)

main()
{
	local name before after

	[ $# -gt 0 ] || set -- "${all[@]}"
	for name; do
		declare -F "step_$name" >/dev/null || {
			echo "no step $name; there are: ${all[*]} bench" >&2
			exit 2
		}
	done
	before=$(tree_state)
	for name; do
		ci_step "$name"
	done
	after=$(tree_state)
	if [ "$before" != "$after" ]; then
		step=tree step_log='git status'
		fail "the checks left something behind"
		ci_failed=$((ci_failed + 1))
	fi
	printf '%d passed, %d failed, %d skipped\n' \
		"$ci_passed" "$ci_failed" "$ci_skipped"
	[ "$ci_failed" -eq 0 ] && [ "$ci_passed" -gt 0 ]
}

tree_state()
{
	[ ! -e .git ] || git status --porcelain
}

main "$@"
