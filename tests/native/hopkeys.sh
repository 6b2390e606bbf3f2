#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client -------- a ---------- b ---------- c -------- server
#     10.1.0.1  .2    10.2.0.1 .2  10.3.0.1 .2  10.4.0.1 .2
#     keys a, b, c, server; each host takes its own and hangs up on a second
#
# test: a hop's own key: each host of the way sees its key and no other, by
# test: exec, check, trust, pipe and call; what is wrong with one is said
# limit: 90
. "$REPO/tests/lib/lib.sh"

host client a b c server
n=0
for pair in client:a a:b b:c c:server; do
	link "${pair%:*}" "10.$((++n)).0.1/24" "${pair#*:}" "10.$n.0.2/24"
done
readonly ON=(a b c server) KEYS=/etc/sshdial
sshdial_install
user_add alice
for i in 0 1 2 3; do
	key_make "/root/keys/${ON[i]}"
	put client "$KEYS/${ON[i]}" 600 <"/root/keys/${ON[i]}"
	install -m 644 "/root/keys/${ON[i]}.pub" "/srv/${ON[i]}.pub"
	sshd_start "${ON[i]}" "AuthorizedKeysFile /srv/${ON[i]}.pub" \
		'MaxAuthTries 1'
	known_hosts "10.$((i + 1)).0.2"
done >/srv/known
put client /etc/sshdial/known_hosts </srv/known

way() { # NAME [LINE...]: a peer by all of them, with the LINEs
	{
		printf '%s\n' 'server 10.4.0.2' 'user alice' "${@:2}"
		[[ $'\n'$(printf '%s\n' "$@") == *$'\nidentity '* ]] ||
			echo "identity $KEYS/server"
	} | peer client "$1"
}
own() { # [N FILE]: the three hops with their keys, that of hop N is FILE
	local i key
	for i in 0 1 2; do
		key=$KEYS/${ON[i]}
		[[ ${1:-} != $((i + 1)) ]] || key=$2
		echo "hop 10.$((i + 1)).0.2 identity $key"
	done
}
says() { # STATUS REGEX LINE...: exec ends with this and says that
	way wrong 'log-level warn' 'redial-first no' "${@:3}"
	ends "$1" "sshdial\[wrong\]: $2" on client sshdial exec wrong true
}
seen() { # HOST REGEX: how often its sshd has logged that
	grep -cE "$2" "$OUT/sshd-$1.log" || true
}
online() {
	QUIET=1 on client sshdial status far | grep -q online
}
mapfile -t OWN < <(own)

note "--- keys for all: the first host hangs up on the second"
says 255 'login-refused: hop 10.1.0.2: the server refused user alice .*Too many' \
	'hop 10.1.0.2' 'hop 10.2.0.2' 'hop 10.3.0.2' \
	"identity $KEYS/server" "identity $KEYS/c" "identity $KEYS/b" \
	"identity $KEYS/a"

note "--- each has its own"
for name in "${ON[@]}"; do
	: >"$OUT/sshd-$name.log"
done
way far "${OWN[@]}" 'redial-first no' 'log-level warn'
ends 0 '' on client sshdial exec far hostname
is server "$GOT" "the host"
on client sshdial check --dial far >/tmp/check || true # no PPP here
like '^ok    dial ' "$(</tmp/check)" "check"
is "ok    identity      $KEYS/server
ok    identity      $KEYS/a, for hop 10.1.0.2 alone
ok    identity      $KEYS/b, for hop 10.2.0.2 alone
ok    identity      $KEYS/c, for hop 10.3.0.2 alone" \
	"$(grep identity /tmp/check)" "the keys"
on client sshdial trust far
ends 7 'far-not-found: .* sshdial-answer' on client sshdial pipe far </dev/null
for name in "${ON[@]}"; do
	is 0 "$(seen "$name" 'Failed publickey')" "keys that $name refused"
	print=$(ssh-keygen -lf "/srv/$name.pub" | cut -d' ' -f2)
	is 0 "$(grep 'Accepted publickey' "$OUT/sshd-$name.log" |
		grep -cvF "$print" || true)" "other keys that $name took"
done

note "--- a call that is dialed again; a key that is replaced meanwhile"
far_web=$KEYS/www
put server "$far_web/index.html" <<<'over there'
daemon web on server busybox httpd -f -p 80 -h "$far_web"
wait_for 5 "a web server" listens server 80
way far "${OWN[@]}" 'ppp no' 'forward-local 8080:localhost:80' \
	'redial-min 200ms' 'gate-time 0s'
get() {
	QUIET=1 on client timeout 5 busybox wget -qO- http://127.0.0.1:8080/
}
daemon far on client sshdial call far
wait_for 10 "online" online
is 'over there' "$(get)" "through three hops"
key_make /root/keys/fresh
put client "$KEYS/b" 600 </root/keys/fresh
cat /root/keys/fresh.pub >/srv/b.pub
logins=$(seen server 'Accepted publickey')
kill -KILL "$(pgrep -x sshdial-session)"
again() {
	(($(seen server 'Accepted publickey') > logins)) && online
}
wait_for 10 "online again" again
is 'over there' "$(get)" "after a redial"
stop far
nothing_left client

note "--- what is printed reads back"
way far "hop	alice@10.1.0.2:22  	identity   ~/a" 'hop 10.2.0.2'
on client env HOME=$KEYS sshdial check --print far >/tmp/print
is "hop alice@10.1.0.2:22 identity $KEYS/a
hop 10.2.0.2" "$(grep ^hop /tmp/print)" "the hops"
peer client again </tmp/print
on client sshdial check --print again | sed 's/^linkname again/linkname far/' |
	diff /tmp/print - || fail "it reads back to something else"

note "--- exec: -i is the server's, or that of hops without a key"
way far "${OWN[@]}" "identity $KEYS/a"
ends 255 'login-refused: the server refused user alice .*Too many' \
	on client sshdial exec far true
ends 0 '' on client sshdial exec -i "$KEYS/server" far true

note "--- what can be wrong with it"
mapfile -t OWN < <(own 2 "$KEYS/nothing")
says 255 "identity: hop 10.2.0.2: identity: $KEYS/nothing: No such file" \
	"${OWN[@]}"
ends 2 '' on client sshdial check wrong
like "^FAIL  login         hop 10.2.0.2: identity: $KEYS/nothing: No such" \
	"$GOT" "check"
put client "$KEYS/open" 640 </root/keys/b
mapfile -t OWN < <(own 2 "$KEYS/open")
says 255 "identity: hop 10.2.0.2: identity: $KEYS/open: accessible by group" \
	"${OWN[@]}"
mapfile -t OWN < <(own 2 "$KEYS/c")
says 255 "login-refused: hop 10.2.0.2: .* user alice \(tried key $KEYS/c\)" \
	"${OWN[@]}"

note "--- one with a passphrase"
ssh-keygen -q -p -P '' -N 'open sesame' -f /root/keys/c
put client "$KEYS/locked" 600 </root/keys/c
put client "$KEYS/passphrase" 600 <<<'open sesame'
mapfile -t OWN < <(own 3 "$KEYS/locked")
says 255 "identity: hop 10.3.0.2: identity: $KEYS/locked is encrypted" "${OWN[@]}"
way far "${OWN[@]}" "passphrase-file $KEYS/passphrase"
ends 0 '' on client sshdial exec far hostname
is server "$GOT" "the host"

note "--- two hops share one: it is asked for once"
install -m 644 /srv/c.pub /srv/b.pub
mapfile -t OWN < <(own 2 "$KEYS/locked")
OWN[2]="hop 10.3.0.2 identity $KEYS/locked"
way far "${OWN[@]}"
# shellcheck disable=SC2016 # expect's
typed 'spawn sh -c {sshdial exec far hostname; echo status $?}
	expect "Passphrase of /etc/sshdial/locked: "
	send "open sesame\r"
	expect "Passphrase" {exit 2} -re "\nserver\r\nstatus 0\r\n" {} \
		timeout {exit 1}'
