#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# The man page and --help know the same commands and the same options.

# shellcheck source=tests/cli/lib.sh
. "$TEST_LIB/lib.sh"

page=${MAN_PAGE:?the man page}

# options COMMAND - of its help, "  -l, --lazy  text", each form on a line.
options()
{
	"$ROARFS" "$1" --help | sed -n '/^options:/,$p' |
		grep -oE '^  (-., )?--[a-z-]+' | grep -oE -- '-[-a-z]+' |
		sed "s/^/$1 /"
}

# from_help - "command" and "command --option" lines.
from_help()
{
	local command

	"$ROARFS" --help |
		sed -n '/^commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' |
		while read -r command; do
			echo "$command"
			options "$command"
		done | grep -v -- '--help$'
}

# from_page - the same: a command is a subsection, its options are the items of
# the list there: ".It Fl l , Fl -lazy".
from_page()
{
	awk '
		$1 == ".Ss" { command = $2; print command }
		$1 == ".Sh" { command = "" }
		$1 == ".It" && $2 == "Fl" && command != "" {
			for (i = 2; i < NF; i++)
				if ($i == "Fl")
					print command " -" $(i + 1)
		}' "$page"
}

from_help | sort >help
from_page | sort >page
diff -u help page || fault "the man page and --help differ"

! command -v mandoc >/dev/null ||
	mandoc -Tlint -Wwarning "$page" || fault "mandoc -Tlint"
