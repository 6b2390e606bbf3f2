# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# Every native and lab test sources this first, as
#
#   . "$REPO/tests/lib/lib.sh"
#
# It runs in a stage (lib/stage) as root and alone. It may change everything, and
# need not put anything back but sysctls outside of net. The environment has REPO,
# OUT (a folder that is kept if the test fails), SSHDIAL (the built program), TEST
# (the test's name) and LAB (uml or native).
#
# A script begins with a drawing of its hosts and `# test: what it shows` in a
# sentence. `# limit: SECONDS` follows if it needs more than a minute, and
# `# waits: yes` if it hardly uses the processor. It ends with the first command
# that fails. Wait for a condition (wait_for), never for time to pass.
#
#   assert.sh  ok is like unlike fails_with wait_for note fail
#   net.sh     host on put link chain forward daemon stop pid_of alive
#              ended_within
#   ssh.sh     user_add password_set key_make authorize known_hosts
#              sshd_start listens
#   data.sh    random_file same_file serve_tcp fetch_tcp tcp_copy median
#              compare
#   rounds.sh  rounds, for benches that source it
#   ppp.sh     ppp_secret ppp_address ppp_gone ping_ok first_reply far_pair
#              far_command
#              far_up log_of no_zombie footprint
#   dial.sh    sshdial_install server_install hook_install peer
#              seed_server nothing_left
#              dial_pair far_peer ends typed stand_in

set -Eeuo pipefail

[[ -d ${OUT:-} && -n ${REPO:-} ]] || {
	echo "run me by tests/run ${0##*tests/}" >&2
	exit 2
}
[[ -z ${DEBUG:-} ]] || set -x

# shellcheck disable=SC2034 # for assert.sh
readonly START=${EPOCHREALTIME/./}
exec {TRACE}>&2 # the log, even if the output of a command is captured
mkfifo /tmp/.nap
# shellcheck disable=SC2034 # for assert.sh and net.sh
exec {NAP}<>/tmp/.nap

for part in assert net ssh data ppp dial; do
	# shellcheck source=/dev/null
	. "$REPO/tests/lib/$part.sh"
done
unset part

# --- the one way out ---

ended() {
	local rc=$?
	trap - EXIT ERR TERM INT
	set +e
	if ((rc)); then
		show_state
		stop_all
		show_logs
		if [[ -s /tmp/.failure ]]; then
			echo "--- ${TEST:-$0} failed:"
			cat /tmp/.failure
		fi
	else
		stop_all
	fi
	exit "$rc"
} >&"$TRACE" 2>&1

# A command that failed outside an assertion
on_error() { # STATUS COMMAND
	[[ -s /tmp/.failure ]] || printf '%s: %s\n    ended with status %s\n' \
		"$(where)" "$2" "$1" >/tmp/.failure
}

show_state() {
	local name
	for name in "${!HOST[@]}"; do
		echo "--- $name: addresses, routes"
		nsenter -t "${HOST[$name]}" -n sh -c \
			'ip -br addr; ip route; ip -6 route | grep -v "^fe80"'
	done
}

show_logs() {
	local log
	for log in "$OUT"/*.log; do
		[[ -s $log ]] || continue
		echo "--- ${log##*/}, last lines"
		tail -n 12 "$log"
	done
}

trap ended EXIT
trap 'on_error "$?" "$BASH_COMMAND"' ERR
trap 'fail "ended by a signal, probably its limit"' TERM INT
