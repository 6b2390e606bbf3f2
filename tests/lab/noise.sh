#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client                                        server
#     sshdial call far                              sshd, with a banner
#       ppp0 192.168.45.2 - - - - - - - - - - 192.168.45.1 ppp0
#     eth0 10.1.0.1 --------------------------- 10.1.0.2 eth0
#                                    pppuser's shell and key line print text,
#                                    or end, or are no pppd at all
#
# test: what a far end says besides PPP is logged, and each way in which it
# test: is no pppd has its own message and exit code
# limit: 120
. "$REPO/tests/lib/lib.sh"

far_pair <<'EOF'
remote-command sshdial-answer --not-there
ppp-timeout 20s
redial-first no
EOF
printf 'Authorised use only.\nLeave now.\n' | put server /etc/ssh/banner
echo 'Message of the day' >/etc/motd
sshd_start server 'Banner /etc/ssh/banner' 'PrintMotd yes'

# call_ends WHAT STATUS REASON REGEX: a call that has no link; its log has a line
# with the reason that matches, and no other error
call_ends() {
	local log
	note "--- $1"
	daemon "$1" on client sshdial call far
	ended_within "$1" 20
	log=$(log_of "$1")
	is "$2" "$STATUS" "exit status, after: $log"
	like "^sshdial\[far\]: $3: .*$4" "$log" "the last word"
	is 1 "$(grep -c "^sshdial\[far\]: $3: " <<<"$log")" \
		"how often the reason is given"
	like "^sshdial\[far\]: $3: " "$(tail -n 1 <<<"$log")" "the last line"
	nothing_left client
}

note "text before PPP, from .bashrc and from the key line"
# shellcheck disable=SC2088
echo 'echo "motto of the day"; echo "complaint" >&2' |
	put server /home/pppuser/.bashrc 644 pppuser
far_command "echo hello; printf 'a ~ and \\r\\nno newline'; exec $FAR_SEED"
far_up noisy
ping_ok client 192.168.45.1
tcp_copy client server 192.168.45.1 1M
stop noisy INT 10
is 0 "$STATUS" "exit status"
for line in 'output: motto of the day' 'output: hello' 'output: a ~ and ' \
	'output: no newline' 'error: complaint'; do
	is 1 "$(log_of noisy | grep -cx "sshdial\[far\]: far $line")" \
		"lines 'far $line' in $(log_of noisy)"
done
nothing_left client

note "text that looks like the beginning of a frame"
far_command "printf 'x\\176\\377 y\\176'; exec $FAR_SEED"
far_up flags
like 'far output: x~\\xff y' "$(log_of flags)"
stop flags INT 10
is 0 "$STATUS" "exit status"
nothing_left client
nothing_left server
rm ~pppuser/.bashrc

far_command -
call_ends no-command 7 far-not-found \
	'not found.*\(status 127\): sshdial-answer --not-there'
like 'far error: .*sshdial-answer: command not found' "$(log_of no-command)"

far_command false
call_ends false 7 far-failed 'ended with status 1 before the first PPP frame'

far_command 'echo account expired; exit 3'
call_ends expired 7 far-failed 'ended with status 3 before the first PPP frame'
like 'far output: account expired' "$(log_of expired)"

far_command 'kill -KILL $$'
call_ends killed 7 far-failed 'killed by SIGKILL before the first PPP frame'

far_command '/usr/sbin/pppd notty no-such-option'
call_ends options 7 far-failed 'status 2 .*an option was refused'
like "far error: .*unrecognized option 'no-such-option'" "$(log_of options)"

far_command "${FAR_SEED/notty/noauth notty}"
call_ends noauth 7 far-failed 'status 2 .*an option was refused'
like "far error: .*noauth.*privilege" "$(log_of noauth)"

note "the wrong secret"
far_command "$FAR_SEED"
echo 'pppuser * falsch' | put client /etc/ppp/pap-secrets 600
call_ends secret 4 ppp-auth 'PPP authentication failed.*name or secret'
rm -f /etc/motd

note "a far end that is silent, or talks but no PPP, or echoes"
on client sh -c 'sed -i "s/^ppp-timeout .*/ppp-timeout 3s/" \
	/etc/sshdial/far.conf'
far_command 'exec sleep 1000'
start=${EPOCHREALTIME/./}
call_ends silent 1 ppp-timeout 'PPP did not come up within 3s'
((${EPOCHREALTIME/./} - start < 9000000)) || fail "it took too long"
far_command 'while sleep 0.2; do echo still here; done'
call_ends chatty 1 ppp-timeout 'PPP did not come up within 3s'
like 'far output: still here' "$(log_of chatty)"
on client sh -c 'sed -i "s/^ppp-timeout .*/ppp-timeout 30s/" \
	/etc/sshdial/far.conf'
far_command 'exec cat'
call_ends loop 1 ppp-negotiation 'looped back'
