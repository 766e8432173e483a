# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# lib.sh - what the tests of the command line share.
#
# Each test has a directory of its own, $DIR, which is also where it runs and
# which goes away when the test passes. $ROARFS is the program.

set -euo pipefail

: "${ROARFS:?the program to test}"
DIR=$(mktemp -d "${TMPDIR:-/tmp}/roarfs-cli.XXXXXX")
cd "$DIR"
faults=0

finish()
{
	local code=$?

	cd /
	if [ "$code" -eq 0 ] && [ "$faults" -eq 0 ]; then
		rm -rf "$DIR"
	else
		echo "left for you: $DIR"
		[ "$code" -ne 0 ] || exit 1
	fi
}
trap finish EXIT

fault()
{
	echo "FAULT: $*"
	faults=$((faults + 1))
}

# run CODE ARGUMENT... - roarfs must exit with CODE; what it said is then in
# out and err. More than one CODE may be given: "1|3".
run()
{
	local want=$1 got=0

	shift
	"$ROARFS" "$@" >out 2>err </dev/null || got=$?
	[[ "|$want|" == *"|$got|"* ]] ||
		fault "roarfs $*: exit $got and not $want: $(head -c 300 err)"
	if [ "$got" -eq 0 ]; then
		[ ! -s err ] || fault "roarfs $*: exit 0 with: $(cat err)"
	else
		[ -s err ] || [ "$got" -eq 3 ] ||
			fault "roarfs $*: exit $got and not a word"
	fi
}

# says FILE TEXT - TEXT stands in out or err.
says()
{
	grep -qF -- "$2" "$1" || fault "no '$2' in $1: $(head -c 500 "$1")"
}

# is_json FILE - and can be read as such, where there is something to read it.
is_json()
{
	! command -v python3 >/dev/null ||
		python3 -m json.tool "$1" >/dev/null || fault "$1 is no JSON"
}

# need COMMAND - or the test is skipped.
need()
{
	command -v "$1" >/dev/null || {
		echo "no $1"
		exit 77
	}
}
