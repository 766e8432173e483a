# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib-say.sh - how the scripts talk: one line for each real action.

# say TEXT... - one line on stderr, after the name of the script.
say()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# die TEXT... - say it and stop.
die()
{
	say "$@"
	exit 1
}

# quietly COMMAND... - run it silently; show what it printed when it fails.
quietly()
{
	local out

	out=$("$@" 2>&1) || {
		local code=$?

		printf '%s\n' "$out" >&2
		return "$code"
	}
}
