# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Assertions. One that fails prints what it expected and what it got, and ends
# the test.

# where: prints FILE:LINE, the line of the test script that is being run
where() {
	local i
	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		[[ ${BASH_SOURCE[i]} == "$0" ]] || continue
		echo "${0##*/}:${BASH_LINENO[i - 1]}"
		return
	done
	echo "${0##*/}"
}

# fail TEXT...: ends the test with this reason
fail() {
	[[ -s /tmp/.failure ]] ||
		printf '%s: %s\n' "$(where)" "$*" >/tmp/.failure
	exit 1
}

# note TEXT...: writes a line to the log, with the seconds since the test began
note() {
	# shellcheck disable=SC2153 # START is lib.sh's
	local ms=$(((${EPOCHREALTIME/./} - START) / 1000))
	printf '[%d.%03d] %s\n' $((ms / 1000)) $((ms % 1000)) "$*" >&"$TRACE"
}

# ok CMD...: CMD succeeds; its output goes to the log
ok() {
	local rc=0
	"$@" || rc=$?
	((rc == 0)) || fail "expected success, got status $rc: $*"
}

# fails_with STATUS CMD...: CMD ends with exactly this status
fails_with() {
	local want=$1 rc=0
	shift
	"$@" || rc=$?
	((rc == want)) || fail "expected status $want, got $rc: $*"
}

# is WANT GOT [WHAT]: the two strings are equal
is() {
	[[ $1 == "$2" ]] || fail "${3:-value}
    expected: $1
    got:      $2"
}

# like REGEX TEXT [WHAT], unlike REGEX TEXT [WHAT]: the extended regular
# expression matches somewhere in TEXT, or does not
like() {
	grep -qE -e "$1" <<<"$2" || fail "${3:-text}
    expected to match: $1
    got: $2"
}

unlike() {
	! grep -qE -e "$1" <<<"$2" || fail "${3:-text}
    expected not to match: $1
    got: $2"
}

# wait_for SECONDS WHAT CMD...: runs CMD again and again until it succeeds. Its
# output is dropped; if time runs out, that of the last try is shown. Sets WAITED
# to the milliseconds that it took.
wait_for() {
	local limit=$1 what=$2 start=${EPOCHREALTIME/./}
	shift 2
	local end=$((start + limit * 1000000))
	until "$@" >/tmp/.wait 2>&1; do
		if ((${EPOCHREALTIME/./} > end)); then
			cat /tmp/.wait >&"$TRACE"
			fail "not within $limit s: $what ($*)"
		fi
		nap
	done
	WAITED=$(((${EPOCHREALTIME/./} - start) / 1000))
	note "$what (after $WAITED ms)"
}

nap() { # a twentieth of a second, without a process
	read -rt 0.05 -u "$NAP" _ || true
}
