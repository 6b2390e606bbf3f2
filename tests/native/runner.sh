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
like '^lint/bad: the reason$' "$(cat /tmp/got)"
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

note "a test that waits is run beside others, and only once"
rm tests/lint/* tests/unit/*
# each test sees the other one only if they run at the same time
for name in first second; do
	[[ $name == first ]] && other=second || other=first
	script "$name" '# limit: 20' "echo x >>/tmp/$name" \
		"until [[ -e /tmp/$other ]]; do sleep 0.05; done"
done
script third '# limit: 20' '# waits: yes' 'echo x >>/tmp/third' \
	'until [[ -e /tmp/first && -e /tmp/second ]]; do sleep 0.05; done'
closing 0 '3 passed, 0 failed' -j 2
is 3 "$(cat /tmp/first /tmp/second /tmp/third | grep -c x)" "how often they ran"
script long '# limit: 3' 'until [[ -e /tmp/wait ]]; do sleep 0.05; done'
script wait '# limit: 3' '# waits: yes' 'touch /tmp/wait'
closing 0 '2 passed, 0 failed' -j 2 lint/long lint/wait
rm tests/lint/*

note "a test whose guest dies gets one more, and a second death counts"
mkdir -p tests/lab
cp -a "$REPO/tests/lab/init" tests/lab/
cat >tests/lab/boot <<'SH'
#!/bin/bash
# the guest takes the test and dies, as often as /tmp/allowed says
. "$PWD/tests/lib/queue.sh"
REPO=$PWD RUN=$1
cd /tmp
mkdir -p "$1/claim"
mkdir "$1/claim/lab%fragile"
echo "lab/fragile 1" >"$1/$2/now"
echo crashed >"$1/$2/console"
echo x >>/tmp/deaths
(($(wc -l </tmp/deaths) <= $(cat /tmp/allowed))) || record lab/fragile 0 1
SH
chmod 755 tests/lab/boot
echo 'true' >tests/lab/fragile.sh
for allowed in 1 2; do
	echo "$allowed" >/tmp/allowed
	rm -f /tmp/deaths
	if ((allowed == 1)); then
		LAB=uml closing 0 '1 passed, 0 failed' lab/fragile
		like 'a guest ended while it ran this test' "$(cat /tmp/got)"
	else
		LAB=uml closing 1 '0 passed, 1 failed' lab/fragile
		like '^FAIL .* lab/fragile \(status guest-died\)$' "$(cat /tmp/got)"
	fi
	like '^    crashed$' "$(cat /tmp/got)"
done
