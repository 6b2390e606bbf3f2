#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client -------- a ---------- b ---------- c -------- server
#     10.1.0.1  .2    10.2.0.1 .2  10.3.0.1 .2  10.4.0.1 .2   sshd on all four
#
# test: exec, check, pipe and trust through one, two and three hops; each hop
# test: is checked and named like a server; bytes are the same under load, new
# test: keys of all hops at once included
# limit: 200
. "$REPO/tests/lib/lib.sh"
# shellcheck disable=SC2034 # for far_peer
ONCE=1

chain client a b c server
readonly ON=(client a b c server) HOP=('' 10.1.0.2 10.2.0.2 10.3.0.2 10.4.0.2)
dial_setup "${HOP[*]:1}"
user_add hopper
key_make /srv/stranger
open=$(printf ',permitopen="%s:22"' "${HOP[@]:1}")
authorize hopper /root/keys/id_ed25519.pub \
	"restrict,port-forwarding$open,command=\"false\""
for name in a b c server; do
	sshd_start "$name"
done
KNOWN=/proc/${HOST[client]}/root/etc/sshdial/known_hosts

know() { # [N]: all four host keys, that of host N changed
	local i key
	for i in 1 2 3 4; do
		key=$HOST_KEYS/ssh_host_ed25519_key.pub
		[[ $i != "${1:-}" ]] || key=/srv/stranger.pub
		echo "${HOP[i]} $(cut -d' ' -f1,2 "$key")"
	done | put client /etc/sshdial/known_hosts
}
through() { # N [LINE...]: the peer `far' is host N+1, by N hops
	local i n=$1 lines=()
	shift
	for ((i = 1; i <= n; i++)); do
		[[ "$*" == *"@${HOP[i]}"* ]] || lines+=("hop ${HOP[i]}")
	done
	[[ "$*" == *"server "* ]] || lines+=("server ${HOP[n + 1]}")
	far_peer far "${lines[@]}" "$@"
}
refused() { # N STATUS REGEX [LINE...]: by N hops; host N+1 is not reached
	through "$1" 'log-level warn' "${@:4}"
	ends 255 "sshdial\[far\]: $3" on client sshdial exec far true
	ends "$2" "sshdial\[far\]: $3" on client sshdial pipe far
}
seen() { # HOST REGEX: how often its sshd has logged that
	grep -cE "$2" "$OUT/sshd-$1.log" || true
}
far() {
	QUIET=1 on client sshdial exec far "$@"
}

note "--- one, two and three hops"
know
for n in 1 2 3; do
	through "$n"
	ends 0 '' far hostname
	is "${ON[n + 1]}" "$GOT" "the host"
	ends 7 '' far 'cat >/dev/null; exit 7'
	on client sshdial check --dial far >/tmp/check || true # no PPP here
	like 'ok    dial ' "$(</tmp/check)" "check"
	is $((n + 1)) "$(grep -c 'ok    known-hosts' /tmp/check)" "host keys"
done
through 3 'hop hopper@10.1.0.2' 'hop hopper@10.2.0.2:22' 'hop hopper@10.3.0.2'
ends 0 '' far id -un
is alice "$GOT" "the account"
user_add bob
authorize bob /root/keys/id_ed25519.pub
ends 0 '' on client sshdial exec -l bob far id -un
is bob "$GOT" "the account"
is 0 "$(seen a 'Accepted publickey for bob')" "logins of bob at a hop"
through 1 'log-level debug' 'hop hopper@10.1.0.2'
on client sshdial exec far true 2>/tmp/said
like '10.2.0.2 port 22 from 10.1.0.2' "$(</tmp/said)" "the steps"

note "--- trust, one after the other"
: >"$KNOWN"
through 3
ends 3 'there is no terminal' on client sshdial trust far
like '^hop 10.1.0.2 port 22: ssh-ed25519 SHA256:' "$GOT" "output"
ok on client sshdial trust --yes far >/tmp/trust
is "${HOP[*]:1}" "$(cut -d' ' -f1 "$KNOWN" | xargs)" "known_hosts"
is 3 "$(grep -c '^hop ' /tmp/trust)" "lines for hops"
like '^10.4.0.2 port 22: ssh-ed25519 ' "$(</tmp/trust)" "the server's line"
ends 0 '' on client sshdial trust far
is 4 "$(grep -c '^already known' <<<"$GOT")" "keys that are known"
sed -i 3d "$KNOWN"
ends 3 'there is no terminal' on client sshdial trust far
like '^hop 10.3.0.2 port 22' "$(tail -n 1 <<<"$GOT")" "the one that is asked"
ends 255 'hostkey-unknown: hop 10.3.0.2: the host key of 10.3.0.2 is not known' \
	far true
know 2
ends 3 'hostkey-changed: .* for 10.2.0.2' on client sshdial trust --yes far

note "--- a host key that has changed, at each"
for n in 1 2 3 4; do
	know "$n"
	next=$(seen "${ON[n]}" 'Accepted')
	hop="hop ${HOP[n]}: "
	((n < 4)) || hop=
	for policy in strict accept-new; do
		refused 3 3 "hostkey-changed: ${hop}HOST KEY CHANGED: ${HOP[n]} shows .*:$n has another" \
			"host-key-policy $policy"
	done
	is "$next" "$(seen "${ON[n]}" 'Accepted')" "logins at ${ON[n]}"
done

note "--- accept-new"
: >"$KNOWN"
through 3 'host-key-policy accept-new' 'host-key-alias office'
on client sshdial exec far true 2>/tmp/said
is 4 "$(grep -c 'added the host key' /tmp/said)" "keys that were added"
is '10.1.0.2 10.2.0.2 10.3.0.2 office' "$(cut -d' ' -f1 "$KNOWN" | xargs)" \
	"known_hosts"
know

note "--- what a hop can refuse"
refused 2 4 'login-refused: hop 10.2.0.2: the server refused user nobody' \
	'hop alice@10.1.0.2' 'hop nobody@10.2.0.2'
sshd_start b 'Port 222' 'AllowTcpForwarding no'
echo "[10.2.0.2]:222 $(cut -d' ' -f1,2 "$HOST_KEYS/ssh_host_ed25519_key.pub")" \
	>>"$KNOWN"
refused 2 1 'connect: hop 10.2.0.2: no connection to 10.3.0.2 port 22: it is not allowed there' \
	'hop alice@10.1.0.2' 'hop alice@10.2.0.2:222'
refused 2 1 'connect: hop 10.2.0.2: no connection to 10.3.0.2 port 23: .* failed there' \
	'port 23'
refused 2 1 'connect: hop 10.2.0.2: no connection to nowhere.example port 22' \
	'server nowhere.example'
refused 1 1 'connect: hop 10.1.0.2: no connection to 10.2.0.2 port 23: it is not allowed there' \
	'hop hopper@10.1.0.2' 'port 23'

note "--- deadlines"
ip -n a route add 10.9.9.9 via 10.2.0.2
forward b no
refused 1 1 'connect-timeout: hop 10.1.0.2: the connection to 10.9.9.9 port 22 took longer than 1s$' \
	'server 10.9.9.9' 'connect-timeout 1s'
kill -STOP "$(pid_of sshd-b)"
refused 2 1 'login-timeout: hop 10.2.0.2: the server said nothing within 1s$' \
	'login-timeout 1s'
kill -CONT "$(pid_of sshd-b)"

note "--- a hop's session ends, a path goes silent"
through 3 'keepalive-interval 300ms'
broken() { # REGEX CMD...: what breaks it
	: >/srv/said
	daemon exec on client sh -c 'exec sshdial exec far \
		"echo here; exec sleep 60" >/srv/got 2>/srv/said'
	wait_for 10 "the far command runs" grep -q here /srv/got
	"${@:2}"
	ended_within exec 10
	is 255 "$STATUS" "exit status"
	like "$1" "$(</srv/said)" "what was said"
	rm /srv/got
}
cut_hop() {
	kill "$(pgrep -f '^sshd: alice$' -P "$(pgrep -P "$(pid_of sshd-b)")")"
}
broken 'link-lost: .* hop 10.2.0.2 closed the connection$' cut_hop
broken 'keepalive: nothing came' ip -n b link set eth1 down
ip -n b link set eth1 up
nothing_left client

note "--- 50 MB each way through three hops"
random_file /srv/big 50M
through 3
is "$(sha256sum </srv/big)" "$(far sha256sum </srv/big)" "checksum up"
is "$(sha256sum </srv/big)" "$(far cat /srv/big | sha256sum)" "checksum down"

truncate -s 16M /srv/big
note "--- new keys at each MB, on all four connections at once"
for name in a b c server; do
	stop "sshd-$name"
	sshd_start "$name" 'RekeyLimit 1M' 'LogLevel DEBUG'
done
daemon copy on client sh -c \
	'exec sshdial exec far cat </srv/big >/srv/got 2>/srv/said'
wait_for 10 "bytes flow" test -s /srv/got
session=$(pgrep -x sshdial-session)
fds=$(find "/proc/$session/fd" -mindepth 1 | wc -l)
note "$fds descriptors, $(grep VmRSS "/proc/$session/status")"
((fds < 12)) || fail "$fds descriptors of the session: $(ls -l "/proc/$session/fd")"
is 0 "$(pgrep -cP "$session" || true)" "processes of the session"
SEEN=0
grows() {
	size=$(stat -c %s /srv/got)
	((size > SEEN)) || is_gone "$(pid_of copy)"
}
until is_gone "$(pid_of copy)"; do
	QUIET=1 wait_for 5 "more than $SEEN bytes" grows
	SEEN=$size
	nap
done
ended_within copy 5
is 0 "$STATUS" "status: $(cat /srv/said)"
same_file /srv/big /srv/got
for name in a b c server; do
	rekeys=$(seen "$name" 'SSH2_MSG_NEWKEYS received')
	note "$name: $rekeys exchanges of keys"
	((rekeys > 20)) || fail "only $rekeys exchanges of keys at $name"
	rm -f "$OUT/sshd-$name.log" # large
done
nothing_left client
wait_for 5 "no session is left at a hop" no_session alice
