# shellcheck shell=bash
# SPDX-License-Identifier: ISC
# sshdial-server on the host `server'.

# server WORD...: what it says in SAID, of both outputs
server() {
	local rc=0
	SAID=$(QUIET=1 on server sshdial-server "$@" 2>&1) || rc=$?
	return "$rc"
}

# says STATUS REGEX WORD...: it ends so and says something that matches
says() {
	local want=$1 regex=$2 rc=0
	shift 2
	server "$@" || rc=$?
	is "$want" "$rc" "status of $* ($SAID)"
	like "$regex" "$SAID" "what $* says"
}
