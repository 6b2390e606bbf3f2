# shellcheck shell=sh
# SPDX-License-Identifier: ISC
# Part of sshdial-server: links that are up.
#
# shellcheck disable=SC2015,SC2034,SC2154 # it is a part of sshdial-server

# --- links ---

# running NAME: prints the ids of the client's pppd: processes of the account whose
# command line has the client's file. Only the account itself could fake one.
running() {
	for dir in /proc/[0-9]*; do
		{ read -r comm <"$dir/comm"; } 2>/dev/null || continue
		[ "$comm" = pppd ] && [ "$(real_uid "${dir#/proc/}")" = "$uid" ] ||
			continue
		case " $(tr '\000' ' ' <"$dir/cmdline") " in
		*" call sshdial-server.d/$1 "*) echo "${dir#/proc/}" ;;
		esac
	done 2>/dev/null
}

real_uid() {
	sed -n 's/^Uid:[[:space:]]*\([0-9]*\).*/\1/p' "/proc/$1/status" 2>/dev/null
}

# sshd_above PID: prints the id of the account's sshd above it
sshd_above() {
	above=$1
	for _ in 1 2 3; do
		above=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$above/status") ||
			return 0
		case $(cat "/proc/$above/comm") in
		sshd | sshd-session)
			[ "$(real_uid "$above")" != "$uid" ] || echo "$above"
			return 0
			;;
		esac
	done 2>/dev/null
}

# ended NAME TENTHS: waits for its pppd to end; fails after that time
ended() {
	left=$2
	while [ -n "$(running "$1")" ]; do
		[ "$left" -gt 0 ] || return 1
		left=$((left - 1))
		sleep 0.1
	done
}

# Kills sshd first: without its connection pppd ends at once (sshdial-answer).
link_end() { # NAME
	pids=$(running "$1")
	[ -n "$pids" ] || return 0
	for pid in $pids; do
		above=$(sshd_above "$pid")
		[ -z "$above" ] || kill "$above" 2>/dev/null
	done
	ended "$1" 20 && return
	for signal in TERM KILL; do
		for pid in $(running "$1"); do kill -s $signal "$pid"; done 2>/dev/null
		ended "$1" 30 && return
	done
	die "the pppd of $1 does not end: $(running "$1" | tr '\n' ' ')"
}

# interface_of NAME: prints the interface of its link, or -
interface_of() {
	pids=$(running "$1")
	for file in /run/ppp-sshdial-"$1".pid /run/pppd/ppp-sshdial-"$1".pid; do
		[ -n "$pids" ] && [ -f "$file" ] || continue
		sed -n 2p "$file"
		return
	done
	echo -
}
