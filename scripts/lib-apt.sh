# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib-apt.sh - packages of the distribution this machine already uses.
#
# Nothing here adds a source to the machine: what the distribution's own
# release does not have comes through lib-newer.sh.

export DEBIAN_FRONTEND=noninteractive

# apt_missing NAME... - print those of the packages that are not installed.
apt_missing()
{
	local name have

	# dpkg-query fails for a name it never heard of, and lists the others.
	have=$(dpkg-query -W -f '${db:Status-Abbrev}${Package}\n' "$@" \
		2>/dev/null | sed -n 's/^[ih]i  *//p') || :
	for name; do
		grep -qxF -e "$name" <<<"$have" || printf '%s\n' "$name"
	done
}

# apt_refresh - fetch the package lists, once in a run.
apt_refresh()
{
	[ -z "${apt_is_fresh-}" ] || return 0
	say "fetching the package lists"
	quietly apt-get -q update || return
	apt_is_fresh=1
}

# apt_add NAME... - install what is missing of the packages.
apt_add()
{
	local -a missing

	mapfile -t missing < <(apt_missing "$@")
	[ "${#missing[@]}" -gt 0 ] || return 0
	apt_refresh || say "no fresh package lists, trying with the old ones"
	say "installing ${missing[*]}"
	apt_install "${missing[@]}"
}

# apt_install NAME-OR-FILE... - install just these and what they depend on.
apt_install()
{
	quietly apt-get -q -y --no-install-recommends install "$@"
}

# apt_offers NAME VERSION - would apt install NAME in VERSION or newer?
apt_offers()
{
	local candidate

	candidate=$(LC_ALL=C apt-cache policy "$1" |
		sed -n 's/^  Candidate: //p')
	case $candidate in
	'' | '(none)') return 1 ;;
	esac
	dpkg --compare-versions "$candidate" ge "$2"
}
