#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: clang-tidy finds nothing, and .clang-tidy gives a reason for each
# test: check that it switches off
# limit: 900
#
# A file that was clean is checked again only if it, its headers, the flags,
# .clang-tidy, clang-tidy or this script have changed: for each clean file there
# is a file in ~/.cache/sshdial/tidy (XDG_CACHE_HOME), whose name is a hash of all
# these. The script calls itself with a FILE to check.
set -euo pipefail

export CLEAN=${XDG_CACHE_HOME:-$HOME/.cache}/sshdial/tidy
export CLANG_TIDY=${CLANG_TIDY:-clang-tidy}
readonly DAYS=30 # until a hash that no run has needed is removed

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
	local compiler flags sources hash output
	read -r compiler flags <build/flags
	[[ $compiler != ccache ]] || read -r compiler flags <<<"$flags"
	eval "flags=($flags '-DVERSION=\"0\"')"
	sources=$("$compiler" -M "${flags[@]}" "$1" | sed 's/^.*: / /;s/\\$//')
	# shellcheck disable=SC2086 # words are meant
	hash=$(echo "$1 $ALL $(hash_all $sources)" | sha256sum | cut -d ' ' -f 1)
	if [[ -e $CLEAN/$hash ]]; then
		touch "$CLEAN/$hash"
		return
	fi
	output=$("$CLANG_TIDY" --quiet "$1" -- "${flags[@]}" 2>&1) || {
		grep -v ' warnings\? generated' <<<"$output" || true
		return 1
	}
	: >"$CLEAN/$hash"
}

if (($#)); then
	tidy "$1"
	exit
fi
rc=0
reasons || rc=1
mkdir -p "$CLEAN"
find "$CLEAN" -type f -mtime "+$DAYS" -delete
ALL=$(hash_all "$0" build/flags .clang-tidy "$(command -v "$CLANG_TIDY")")
export ALL
# the longest first, on all processors
wc -c src/*.c src/*/*.c | sort -nr | sed -n 's/^ *[0-9]* \(src.*\)/\1/p' |
	xargs -P "$(nproc)" -n 1 bash "$0" || rc=1
exit "$rc"
