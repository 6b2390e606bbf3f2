#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: clang-tidy finds nothing, and .clang-tidy gives a reason for each
# test: check that it switches off
# limit: 900
#
# A file that was clean is looked at again when it, a header of it, the
# flags, .clang-tidy, clang-tidy or this script is another: build/tidy/ has
# the hash of all these. With a FILE, it is looked at.
set -euo pipefail

export KEPT=build/tidy

reasons() {
	local check rc=0
	while read -r check; do
		grep -qx "# $check" .clang-tidy || {
			echo ".clang-tidy: $check is off without a reason"
			rc=1
		}
	done < <(sed -n 's/^  -\([a-z][^,]*\),*$/\1/p' .clang-tidy)
	return "$rc"
}

hash_all() { # FILE...
	sha256sum "$@" | sha256sum
}

# What objects were made with, but for the compiler's name, is in build/flags.
tidy() { # FILE
	local compiler flags sources hash kept=$KEPT/${1//\//%}
	read -r compiler flags <build/flags
	eval "flags=($flags)"
	sources=$("$compiler" -M "${flags[@]}" "$1" | sed 's/^.*: / /;s/\\$//')
	# shellcheck disable=SC2086 # words are meant
	hash="$ALL $(hash_all $sources)"
	[[ ! -e $kept || $(<"$kept") != "$hash" ]] || return 0
	clang-tidy-14 --quiet "$1" -- "${flags[@]}" 2>"$kept.err" || {
		grep -v ' warnings\? generated' "$kept.err" || true
		return 1
	}
	echo "$hash" >"$kept"
}

if (($#)); then
	tidy "$1"
	exit
fi
rc=0
reasons || rc=1
mkdir -p "$KEPT"
# another version number is no other program
sed "s/-DVERSION='[^']*'//" build/flags >"$KEPT/flags"
ALL=$(hash_all "$0" "$KEPT/flags" .clang-tidy "$(command -v clang-tidy-14)")
export ALL
# the longest first, on all processors
wc -c src/*.c src/*/*.c | sort -nr | sed -n 's/^ *[0-9]* \(src.*\)/\1/p' |
	xargs -P "$(nproc)" -n 1 bash "$0" || rc=1
exit "$rc"
