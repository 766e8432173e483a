#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# Help goes to stdout with 0, wrong usage to stderr with 2.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

run 0 --help
says out 'usage: roarfs COMMAND'
commands=$(sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' out)
[ -n "$commands" ] || fault "no commands in --help"
run 0 --version
says out 'roarfs '

for command in $commands; do
	run 0 "$command" --help
	says out "usage: roarfs $command"
	says out '--help'
	run 2 "$command" --no-such-option
	says err "unrecognized option '--no-such-option'"
	says err "roarfs $command --help"
done

run 2
run 2 no-such-command
says err "'no-such-command' is no command"
run 2 --no-such-option

# What could not be printed was not done.
[ ! -e /dev/full ] || {
	code=0
	"$ROARFS" --help >/dev/full 2>err || code=$?
	[ "$code" -eq 1 ] || fault "--help to a full disk: exit $code"
}
