#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: clang-tidy finds nothing, and .clang-tidy gives a reason for each
# test: check that it switches off
# limit: 900
#
# build/tidy/ has a hash for each file that was clean: of the file, its headers,
# the flags, .clang-tidy, clang-tidy and this script. The file is checked again
# if one of these has changed. The script calls itself with a FILE to check.
set -euo pipefail

export KEPT=build/tidy CLANG_TIDY=${CLANG_TIDY:-clang-tidy}

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

# build/flags has the compiler and the flags of every object; files that print
# the version get it besides.
tidy() { # FILE
	local compiler flags sources hash kept=$KEPT/${1//\//%}
	read -r compiler flags <build/flags
	eval "flags=($flags '-DVERSION=\"0\"')"
	sources=$("$compiler" -M "${flags[@]}" "$1" | sed 's/^.*: / /;s/\\$//')
	# shellcheck disable=SC2086 # words are meant
	hash="$ALL $(hash_all $sources)"
	[[ ! -e $kept || $(<"$kept") != "$hash" ]] || return 0
	"$CLANG_TIDY" --quiet "$1" -- "${flags[@]}" 2>"$kept.err" || {
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
ALL=$(hash_all "$0" build/flags .clang-tidy "$(command -v "$CLANG_TIDY")")
export ALL
# the longest first, on all processors
wc -c src/*.c src/*/*.c | sort -nr | sed -n 's/^ *[0-9]* \(src.*\)/\1/p' |
	xargs -P "$(nproc)" -n 1 bash "$0" || rc=1
exit "$rc"
