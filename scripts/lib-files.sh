# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib-files.sh - which files make up the tree, for the check-*.sh scripts.
#
# In a clone: those git knows and those it would add. In an unpacked tarball:
# all but what lies in a build directory.

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit

# tree_files GLOB... - print the files whose path matches; * matches / too.
tree_files()
{
	local path glob

	all_files | while IFS= read -r path; do
		path=${path#./}
		for glob; do
			# shellcheck disable=SC2053 # a pattern is wanted
			if [[ $path == $glob && -f $path ]]; then
				printf '%s\n' "$path"
				break
			fi
		done
	done
}

all_files()
{
	if [ -e .git ]; then
		git ls-files --cached --others --exclude-standard
	else
		find . -path './build*' -prune -o -type f -print | sort
	fi
}

# complain TEXT... - note one fault; verdict makes the script fail for it.
complain()
{
	printf '%s\n' "$*" >&2
	faults=$((${faults-0} + 1))
}

# verdict WHAT - the last command of a check.
verdict()
{
	if [ "${faults-0}" -gt 0 ]; then
		printf '%s: %d faults\n' "$1" "$faults" >&2
		exit 1
	fi
}
