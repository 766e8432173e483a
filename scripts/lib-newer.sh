# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# lib-newer.sh - single packages from Debian's testing suite.
#
# A stable release may hold a library that is too old. Adding testing to the
# machine's sources, even pinned, would change what every later apt run sees.
# So these functions use a set of package lists of their own, in a directory
# that is gone afterwards: only the files that are asked for can get in, and
# apt checks their signatures as always.
#
# newer_begin makes NEWER_DIR; newer_end removes it.

# newer_begin - make the private lists. Fails when there is no such suite.
newer_begin()
{
	local mirror keyring signed='' key

	[ -z "${NEWER_DIR-}" ] || return 0
	# Who is behind a mirror is known only from its lists.
	apt_refresh || :
	mirror=$(newer_mirror)
	[ -n "$mirror" ] || {
		say "no Debian mirror in the configuration of apt"
		return 1
	}
	for key in pgp gpg; do
		keyring=/usr/share/keyrings/debian-archive-keyring.$key
		[ ! -e "$keyring" ] || signed=" [signed-by=$keyring]"
	done
	NEWER_DIR=$(mktemp -d) || return
	mkdir -p "$NEWER_DIR"/{lists/partial,cache/archives/partial,get}
	printf '%s\n' "deb$signed $mirror testing main" \
		"deb-src$signed $mirror testing main" \
		>"$NEWER_DIR/sources.list"
	# apt drops root to fetch, where that user exists.
	chmod -R a+rX "$NEWER_DIR"
	chown -R _apt "$NEWER_DIR" 2>/dev/null || :
	say "fetching the package lists of testing, for this run only"
	quietly newer_apt update || {
		newer_end
		return 1
	}
}

# newer_end - forget the private lists and all that was fetched by them.
newer_end()
{
	[ -n "${NEWER_DIR-}" ] || return 0
	rm -rf -- "$NEWER_DIR"
	NEWER_DIR=
}

# newer_apt ARGUMENT... - apt-get on the private lists. A mirror that stands
# still, as a snapshot or a cache does, is good enough: the signature counts.
newer_apt()
{
	apt-get -q \
		-o Acquire::Check-Valid-Until=false \
		-o Dir::Etc::SourceList="$NEWER_DIR/sources.list" \
		-o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null \
		-o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State::Lists="$NEWER_DIR/lists" \
		-o Dir::Cache="$NEWER_DIR/cache" "$@"
}

# newer_mirror - print where this machine gets Debian's main archive from.
newer_mirror()
{
	# shellcheck disable=SC2016 # apt fills these in, not the shell
	apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' \
		'Created-By: Packages' |
		sed -n 's/^Debian|Debian|//p' | head -n 1
}

# newer_install NAME... - install just these; the rest must be here already
# or come from the distribution.
newer_install()
{
	newer_begin || return
	(cd "$NEWER_DIR/get" && quietly newer_apt download "$@") || return
	chmod -R a+rX "$NEWER_DIR/get"
	apt_install "$NEWER_DIR"/get/*.deb
}

# newer_source NAME - unpack the source package into NEWER_DIR/get/NAME.
newer_source()
{
	newer_begin || return
	(
		cd "$NEWER_DIR/get" &&
			quietly newer_apt source "$1" &&
			mv -- "$1"-*/ "$1"
	)
}
