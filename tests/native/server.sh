#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   server: sshd on 127.0.0.1, sshdial-server; in sshdial-answer's place a
#   script that says with which words it was called
#
# test: sshdial-server: what its commands do, that a hostile name or key never
# test: yields more than the forced command, and what check finds
# limit: 300
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/server.sh"

host server
[[ -e /dev/ppp ]] || mknod /dev/ppp c 108 0
sshdial_install
server_install
cat >/usr/local/bin/sshdial-answer <<'END'
#!/bin/sh
echo "answer $*"
END
readonly HOME_OF=/var/lib/pppuser
readonly KEYS=$HOME_OF/.ssh/authorized_keys
PEERS=/proc/${HOST[server]}/root/etc/ppp/peers
CLIENTS=$PEERS/sshdial-server.d

state() { # all that sshdial-server may change, for comparison
	{ cat "$KEYS" "$CLIENTS"/* "$PEERS"/../*-secrets || true; } \
		2>/dev/null | sha256sum
}
login() { # KEY [WORD...]: as a client; what comes in GOT, what was said in SAID
	local key=$1 rc=0
	shift
	GOT=$(QUIET=1 timeout 10 nsenter -t "${HOST[server]}" -m -n -u ssh -F none \
		-i "$key" -o BatchMode=yes -o IdentitiesOnly=yes \
		-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null \
		-o LogLevel=VERBOSE "$@" 2>/tmp/.said </dev/null) || rc=$?
	SAID=$(</tmp/.said)
	return "$rc"
}
# answered NAME KEY: whatever is asked for, it gets the forced command
answered() {
	login "$2" pppuser@127.0.0.1 'touch /tmp/hacked' ||
		fail "$1 cannot log in: $SAID"
	is "answer -n $1 call sshdial-server.d/$1" "$GOT" "what $1 got"
}
# confined NAME KEY: and nothing else
confined() {
	answered "$1" "$2"
	login "$2" -tt pppuser@127.0.0.1 sh || true
	like 'PTY allocation request failed' "$SAID" "a terminal"
	is '' "$GOT" "what came by a terminal"
	login "$2" -s pppuser@127.0.0.1 sftp || true
	is "answer -n $1 call sshdial-server.d/$1" "$GOT" "sftp"
	! login "$2" -W 127.0.0.1:22 pppuser@127.0.0.1 ||
		fail "$1 can forward a port: $GOT"
	like 'administratively prohibited|open failed' "$SAID" "-W"
	! login "$2" -N -o ExitOnForwardFailure=yes -R 7777:127.0.0.1:22 \
		pppuser@127.0.0.1 || fail "$1 can have a port forwarded"
	like 'remote port forwarding failed' "$SAID" "-R"
	login "$2" -A -X pppuser@127.0.0.1 env || true
	is "answer -n $1 call sshdial-server.d/$1" "$GOT" "-A -X"
}
for key in a b c d e mallory; do
	key_make "/root/keys/$key"
done

note "--- before init"
says 1 'run sshdial-server init$' list
says 2 '^usage: ' nonsense
says 2 '^usage: '
says 0 '^usage: ' --help
rc=0
SAID=$(setpriv --reuid nobody --regid nogroup --clear-groups \
	/usr/local/sbin/sshdial-server list 2>&1) || rc=$?
is "1 sshdial-server: only root can do that" "$rc $SAID" "as nobody"
for pool in 10.0.0.0 10.0.0.0/31 10.0.0.0/7 10.0.0/24 1.2.3.256/24 \
	'1.2.3.4/24;x' 01.2.3.0/24 fd83::/64; do
	says 2 'is not a pool' init --pool "$pool"
done
for pool in fd83::/127 fd83::/40 10.0.0.0/24 fd83:::/64 g::/64 1:2:3:4:5:6:7:8:9/64; do
	says 2 'is not a pool' init --pool6 "$pool"
done
for user in -x 'a b' 'a:b' "$(printf 'a\nb')" ''; do
	says 2 'is not the name of an account|needs a value' init --user "$user" --user
done
[[ ! -e $PEERS/sshdial-server ]] || fail "there are files before init"

note "--- init"
says 0 'ok +sshd +lets pppuser in by a key of /var/lib/pppuser/.ssh/authorized_keys' \
	init --pool 192.168.45.9/24
unlike FAIL "$SAID"
before=$(state)
says 0 'ok' init
is "$before" "$(state)" "state after a second init"
is 'root root root pppuser' "$(stat -c %U "$HOME_OF" "$HOME_OF/.ssh" \
	"$PEERS/sshdial-server" "$HOME_OF/.sshdial" | xargs)" "owners"
like '^#: pool 192\.168\.45\.0/24$' "$(<"$PEERS/sshdial-server")" "the pool"
sshd_start server

note "--- add, list, config, remove"
says 0 '^a has 192\.168\.45\.2; ' add a /root/keys/a.pub
before=$(state)
says 0 '^a has 192\.168\.45\.2; ' add a /root/keys/a.pub
is "$before" "$(state)" "state after the same add"
says 1 'another key' add a /root/keys/b.pub
says 1 'this key stands in line 1' add b /root/keys/a.pub
says 1 'with other addresses' add a /root/keys/a.pub --address 192.168.45.7
says 1 'server.s own address' add b /root/keys/b.pub --address 192.168.45.1
says 1 'another client.s' add b /root/keys/b.pub --address 192.168.45.2
says 1 'wants init --pool6' add b /root/keys/b.pub --address6 fd83::2
says 2 'is not a prefix' add b /root/keys/b.pub --route default
is "$before" "$(state)" "state after what was refused"
confined a /root/keys/a
says 0 'another key|^a has' add a /root/keys/c.pub --replace
answered a /root/keys/c
! login /root/keys/a pppuser@127.0.0.1 || fail "the old key is still good"
says 0 '' init --pool6 fd83:0:1::7/64
says 0 '^b has 192\.168\.45\.9 and fd83:0:1::2; ' add b /root/keys/b.pub \
	--address 192.168.45.9 --pap --route 10.7.1.1/16 --route fd07:1::/32
says 0 '^d has 192\.168\.45\.3 and fd83:0:1::3; ' add d /root/keys/d.pub
answered b /root/keys/b
says 0 '^b +192\.168\.45\.9 +- +SHA256:' list
like '^ +fd83:0:1::2$' "$SAID" list
like '^ +10\.7\.0\.0/16$' "$SAID" list
says 0 'ok +b +192\.168\.45\.9' check
unlike FAIL "$SAID"
is '600 1' "$(stat -c %a "$PEERS/../pap-secrets") $(grep -cE \
	'^b \* [0-9a-f]{32} 192\.168\.45\.9 # sshdial-server$' \
	"$PEERS/../pap-secrets")" "the secret"
says 2 'give --server' config b
says 1 'no client' config nobody --server gate
says 2 'not the name of a host' config b --server 'gate;x'
says 0 '^server gate\.example$' config b --server gate.example --port 443 \
	--route 10.8.0.0/16
printf '%s\n' "$SAID" | put server /etc/sshdial/b.conf
put server /etc/sshdial/id_ed25519 600 </root/keys/b
# shellcheck disable=SC2016 # expanded over there
ok on server sh -c 'cd /etc/sshdial && sshdial check --print b >/tmp/print &&
	sed -n "s/^# known_hosts: //p" b.conf >known_hosts &&
	ssh-keygen -F "[gate.example]:443" -f known_hosts >/dev/null'
like '^route +10\.8\.0\.0/16' "$(</tmp/print)" "the route of config"
says 0 '' remove b
! login /root/keys/b pppuser@127.0.0.1 || fail "b can still log in"
[[ ! -e $CLIENTS/b ]] || fail "the file of b is still there"
unlike '^b ' "$(<"$PEERS/../pap-secrets")" "its secret"
says 0 'there is no client b' remove b
answered d /root/keys/d

note "--- an interface of a client, and one that only says so"
says 0 '' add b /root/keys/b.pub --route 10.7.0.0/16 --route fd07::/32
host far
link server:ppp7 192.168.45.1/32 far -
up() { # LINKNAME IPPARAM [LOCAL REMOTE]
	LINKNAME=$1 on server /etc/ppp/ip-up.d/sshdial-server ppp7 x 0 \
		"${3:-192.168.45.1}" "${4:-192.168.45.2}" "$2"
}
routes() { { ip -n server route; ip -n server -6 route; } | grep -c '^10\.7\|^fd07' || true; }
up '' sshdial-server:b
up sshdial-d sshdial-server:b
up sshdial-b sshdial-server:../../x
up sshdial-b b
ok up sshdial-b sshdial-server:b
printf '%s\n' 1 ppp8 | put server /run/ppp-sshdial-b.pid
ok up sshdial-b sshdial-server:b
is 0 "$(routes)" "routes of a stranger"
printf '%s\n' 1 ppp7 | put server /run/ppp-sshdial-b.pid
ok up sshdial-b sshdial-server:b
is '10.7.0.0/16 dev ppp7 scope link' "$(ip -n server route | sed -n \
	'/^10\.7/s/ *$//p')" "its route"
is 1 "$(routes)" "routes after ip-up"
ok up sshdial-b sshdial-server:b fe80::1 fe80::2
is 2 "$(routes)" "routes after ipv6-up"
like 'fd83:0:1::1 peer fd83:0:1::[0-9a-f]+/128' \
	"$(ip -n server -6 -o addr show dev ppp7)" "its address"
ip -n server link del ppp7
on server rm /run/ppp-sshdial-b.pid

note "--- names"
before=$(state)
long=$(printf 'x%.0s' {1..33})
# shellcheck disable=SC2016 # nobody may expand them
for name in '' . .. .x -x --pap a/b ../x 'a b' 'a"b' "a'b" 'a\b' 'a$x' 'a`x`' \
	'a;x' 'a|x' 'a&x' 'a*' 'a?' 'a#' 'a,b' 'a=b' 'a@b' "$(printf 'a\nb')" \
	$'a\tb' $'a\rb' $'a\ec' 'ä' $'\xff' "$long" 'a:b' '~' '%h' '!'; do
	says 1 'is not the name of a client' add "$name" /root/keys/e.pub
	says 1 'is not the name of a client' remove "$name"
	says 1 'is not the name of a client' config "$name" --server gate
	unlike $'\e' "$SAID" "what it says"
done
is "$before" "$(state)" "state after these names"

note "--- keys"
key_make /root/keys/weak rsa -b 1024
key_make /root/keys/dsa dsa
pub=$(</root/keys/e.pub)
blob=$(cut -d' ' -f2 /root/keys/e.pub)
evil=$(cut -d' ' -f1,2 /root/keys/mallory.pub)
refused() { # REGEX: standard input as a key file
	cat >/tmp/key
	says 1 "$1" add e /tmp/key
	is "$before" "$(state)" "state after a key that was refused"
}
refused 'no key in it' </dev/null
refused 'no key in it' <<<'# nothing'
refused 'private key' </root/keys/e
refused 'private key' < <(cat /root/keys/e.pub /root/keys/e)
refused '1024 bits' </root/keys/weak.pub
refused 'DSA' </root/keys/dsa.pub
refused 'more than one line' < <(cat /root/keys/e.pub /root/keys/mallory.pub)
refused 'without options' <<<"command=\"/bin/sh\" $pub"
refused 'without options' <<<"no-pty $pub"
refused 'without options' <<<"\"$pub\""
refused 'NUL' < <(printf 'ssh-ed25519 \0%s\n' "$blob")
refused 'control' < <(printf '%s\r%s\n' "$pub" "$evil")
refused 'control' < <(printf '%s\e[2J\n' "$pub")
refused 'control' < <(printf '%s\v%s\n' "$pub" "$evil")
refused 'not a public key' <<<"ssh-ed25519"
refused 'not a public key' <<<"ssh-ed25519 ${blob:0:40}"
refused 'not a public key' <<<"ssh-ed25519 $blob$blob"
refused 'not a public key' <<<"ssh-rsa $blob"
refused 'not a public key' <<<"ssh-ed25519 ${blob}\" x"
refused 'wants a touch' <<<"sk-ssh-ed25519@openssh.com $blob"
refused 'certificate' <<<"ssh-ed25519-cert-v01@openssh.com $blob"
refused 'ssh-keygen -i' <<<'---- BEGIN SSH2 PUBLIC KEY ----'
refused 'too long' < <(printf '%s ' "$pub" && head -c 20000 /dev/zero | tr '\0' x)
says 1 'no such file' add e /tmp
says 1 'no such file' add e /nonexistent
note "comments"
lines=$(wc -l <"$KEYS")
taken() { # standard input as a key file
	cat >/tmp/key
	says 0 '^e has ' add e /tmp/key
	is $((lines + 1)) "$(wc -l <"$KEYS")" "lines of authorized_keys"
	like "^restrict,command=\"/usr/local/bin/sshdial-answer -n e call \
sshdial-server\.d/e\" ssh-ed25519 ${blob//+/\\+} e[A-Za-z0-9@._+ -]*$" \
		"$(tail -n 1 "$KEYS")" "its line"
	"${1:-answered}" e /root/keys/e
	! login /root/keys/mallory pppuser@127.0.0.1 || fail "mallory is in"
	says 0 '' remove e
	is "$before" "$(state)" "state after remove"
}
taken < <(printf '# a comment\r\n\r\n%s\r\n\r\n' "$pub")
taken confined <<<"ssh-ed25519 $blob \",command=\"/bin/sh\" $evil"
taken < <(printf 'ssh-ed25519\t%s' "$blob")
taken <<<"ssh-ed25519 $blob ' \$(touch /tmp/hacked) \`touch /tmp/hacked\` ; | & * ? \\"
taken <<<"ssh-ed25519 $blob $(head -c 12000 /dev/zero | tr '\0' y)"
taken <<<"ssh-ed25519 $blob $(printf '\xff\xfe ä')"
taken <<<"  ssh-ed25519   $blob   $evil"
[[ ! -e /tmp/hacked ]] || fail "a comment was executed"

note "--- and mixtures of all that"
RANDOM=${SEED:=$EPOCHSECONDS}
note "SEED=$SEED here repeats them"
# shellcheck disable=SC1003,SC2016 # nobody may expand them
parts=("$pub" "$evil" "ssh-ed25519 $blob" "ssh-ed25519 " "$blob" $'\n' $'\n'
	$'\r' $'\r\n' ' ' ' ' $'\t' '"' "'" '\' ',' 'command="/bin/sh"' 'restrict '
	'no-pty,' 'environment="A=b" ' '#' $'\e' $'\x80' '=' '$(id)' 'cert-authority '
	'ssh-rsa ' '*' 'from="*" ' 'permitopen="*:*" ')
mixture() {
	local n=$((RANDOM % 5))
	((RANDOM % 3 == 0)) || printf '%s ' "$pub"
	while ((n--)); do
		printf '%s' "${parts[RANDOM % ${#parts[@]}]}"
		((RANDOM % 20)) || printf '\0'
	done
	((RANDOM % 3)) || printf '\n'
}
accepted=0
for ((i = 0; i < 40; i++)); do
	mixture >/tmp/key
	if server add e /tmp/key; then
		((++accepted))
		is $((lines + 1)) "$(wc -l <"$KEYS")" "lines of authorized_keys"
		if [[ $(tail -n 1 "$KEYS") == *" $blob "* ]]; then
			answered e /root/keys/e
			! login /root/keys/mallory pppuser@127.0.0.1 ||
				fail "mallory is in: $(od -c /tmp/key)"
		else
			answered e /root/keys/mallory
		fi
		says 0 '' remove e
	fi
	is "$before" "$(state)" "state after $(od -An -c /tmp/key)"
done
note "$accepted of 40 were keys"
((accepted > 3)) || fail "the mixtures hold no keys"
[[ ! -e /tmp/hacked ]] || fail "something was executed"

note "--- what check finds"
readonly SSHD=/proc/${HOST[server]}/root/etc/ssh/sshd_config
cp "$SSHD" /tmp/sshd_config
finds() { # REGEX: check ends with 1, and this is the only problem
	says 1 "^FAIL  $1" check
	is 1 "$(grep -c ^FAIL <<<"$SAID")" "problems in $SAID"
}
sshd_with() { # LINE REGEX
	printf '%s\n' "$1" | cat - /tmp/sshd_config >"$SSHD"
	finds "sshd +$2"
	cp /tmp/sshd_config "$SSHD"
}
sshd_with 'AllowUsers root ppp?x' 'AllowUsers'
sshd_with 'DenyUsers ppp*' 'DenyUsers'
sshd_with 'AllowGroups root users' 'AllowGroups'
sshd_with 'DenyGroups d?p' 'DenyGroups'
sshd_with 'ForceCommand /bin/true' 'ForceCommand'
sshd_with 'ChrootDirectory /srv' 'ChrootDirectory'
sshd_with 'PubkeyAuthentication no' 'PubkeyAuthentication'
sshd_with 'AuthenticationMethods publickey,password' 'AuthenticationMethods'
printf 'AllowUsers *\nAllowGroups di?\n' | cat - /tmp/sshd_config >"$SSHD"
says 0 '' check
cp /tmp/sshd_config "$SSHD"
usermod -L pppuser
finds 'account +pppuser is locked'
usermod -p '*' pppuser
usermod -s /usr/sbin/nologin pppuser
finds 'account .*nologin'
usermod -s /bin/sh pppuser
chmod 777 "$HOME_OF"
finds 'account .*chmod go-w'
chmod 755 "$HOME_OF"
usermod -g nogroup pppuser
chown pppuser:nogroup "$HOME_OF/.sshdial"
says 1 'FAIL  account +pppuser may not run pppd; run usermod -aG dip' check
ok server init
like '(^| )dip( |$)' "$(id -Gn pppuser)" "groups after init"
usermod -g dip pppuser
chmod u-s /usr/sbin/pppd
finds 'setuid'
chmod u+s /usr/sbin/pppd
echo nonsense >>"$CLIENTS/a"
finds 'a +pppd rejects its file: .*nonsense'
sed -i '$d' "$CLIENTS/a"
cp "$CLIENTS/a" "$CLIENTS/zz"
says 1 'FAIL  zz +has no key' check
like 'FAIL  pool +two clients have 192.168.45.2' "$SAID" check
says 0 '' remove zz
rm "$CLIENTS/d"
finds 'd .*sshdial-server\.d/d is missing'
says 0 '^d has ' add d /root/keys/d.pub
ip -n server addr add 192.168.45.200/28 dev lo
finds 'pool +192\.168\.45\.200/28 of this machine'
ip -n server addr del 192.168.45.200/28 dev lo
says 0 '' check
