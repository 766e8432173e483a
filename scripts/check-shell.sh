#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# check-shell.sh - what shellcheck has to say about every script.

set -euo pipefail
# shellcheck source=scripts/lib-files.sh
. "$(dirname "$0")/lib-files.sh"

command -v shellcheck >/dev/null || {
	echo "no shellcheck"
	exit 77
}
# is_shell FILE - by its name, or by how it begins.
is_shell()
{
	[[ $1 == *.sh ]] || head -n 1 "$1" | grep -qE '^#!.*sh$'
}

mapfile -t files < <(tree_files '*.sh' 'scripts/*' '.ci/*' |
	while IFS= read -r file; do
		! is_shell "$file" || printf '%s\n' "$file"
	done)
shellcheck -x "${files[@]}" || complain "shellcheck -x"
verdict shell
