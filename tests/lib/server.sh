# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# sshdial-server, on the host `server'.

# server WORD...: runs it; sets SAID to both of its outputs
server() {
	local rc=0
	SAID=$(QUIET=1 on server sshdial-server "$@" 2>&1) || rc=$?
	return "$rc"
}

# says STATUS REGEX WORD...: it ends with this status and its output matches
says() {
	local want=$1 regex=$2 rc=0
	shift 2
	server "$@" || rc=$?
	is "$want" "$rc" "status of $* ($SAID)"
	like "$regex" "$SAID" "what $* says"
}
