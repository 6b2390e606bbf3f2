#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   stage: a copy of the repository in which tests/run runs small scripts
#
# test: the runner counts what fails, hangs or is missing as failed
. "$REPO/tests/lib/lib.sh"

readonly COPY=/tmp/copy
mkdir -p "$COPY/tests/lint" "$COPY/tests/unit"
cp -a "$REPO/tests/run" "$REPO/tests/lib" "$COPY/tests/"
cd "$COPY"

script() { # NAME LINE...
	printf '%s\n' "${@:2}" >"tests/lint/$1.sh"
}

closing() { # STATUS LINE ARGUMENT...: how a run ends
	local want=$1 line=$2
	shift 2
	fails_with "$want" tests/run "$@" >/tmp/got
	cat /tmp/got
	is "$line" "$(tail -n 1 /tmp/got)" "closing line"
}

note "nothing there, nothing called that"
fails_with 1 tests/run
script good 'echo fine'
fails_with 2 tests/run lint/god

note "passed, and its log only with -v"
closing 0 '1 passed, 0 failed' lint/good
unlike fine "$(cat /tmp/got)"
closing 0 '1 passed, 0 failed' -v tests/lint/good.sh
like fine "$(cat /tmp/got)"
is lint/good "$(tests/run --list)" "list"

note "failed, too long, never built"
script bad 'echo the reason' 'exit 3'
script slow '# limit: 1' 'sleep 60'
touch tests/unit/never_built.c
closing 1 '1 passed, 4 failed'
like '^FAIL .* lint/bad \(status 3\)$' "$(cat /tmp/got)"
like '^    the reason$' "$(cat /tmp/got)"
like '^FAIL .* lint/slow \(status 124\)$' "$(cat /tmp/got)"
like 'after its limit of 1 s' "$(cat /tmp/got)"
like '^FAIL .* unit/never_built ' "$(cat /tmp/got)"
like '^FAIL .* unit-valgrind/never_built ' "$(cat /tmp/got)"

note "a signal ends it and what it started"
script slow 'exec sleep 61.5'
daemon run tests/run lint/slow
wait_for 5 "the test runs" pgrep -f 'sleep 61.5'
stop run INT
is 130 "$STATUS" "exit status"
fails_with 1 pgrep -f 'sleep 61.5'
