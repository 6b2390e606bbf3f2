#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: clang-tidy finds nothing, and .clang-tidy gives a reason for each
# test: check that it switches off
# limit: 300
set -euo pipefail

tidy() { # FLAGS FILE...: all processors, a file each
	# shellcheck disable=SC2016 # expanded over there
	printf '%s\n' "${@:2}" | FLAGS=$1 xargs -P "$(nproc)" -I '{}' sh -c '
		eval "set -- $FLAGS"
		exec clang-tidy-14 --quiet "{}" -- "$@"'
}

rc=0
while read -r check; do
	grep -qx "# $check" .clang-tidy || {
		echo ".clang-tidy: $check is off without a reason"
		rc=1
	}
done < <(sed -n 's/^  -\([a-z][^,]*\),*$/\1/p' .clang-tidy)
# what the objects were made with, but for the compiler's name
read -r _ flags <build/flags
tidy "$flags" src/*.c src/*/*.c 2>build/tidy.err || {
	grep -v ' warnings\? generated' build/tidy.err || true
	rc=1
}
exit "$rc"
