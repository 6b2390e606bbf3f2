#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   client  sshdial exec far CMD ------------- sshd 22  server
#             a session whose memory is read    sshd 24, 25: passwords
#
# test: once it has logged in, nothing in the memory of a session or of its
# test: parent is a secret: keys of either form, a passphrase, a password, or
# test: another line of a password's file
# limit: 60
. "$REPO/tests/lib/lib.sh"
# shellcheck disable=SC2034 # for far_peer
ONCE=1

TRIES=0
readonly PASSWORD=gehe1mes-Wort LINE2=zweite-Zeile PASSPHRASE=gehe1mer-Satz
dial_pair
put server /etc/pam.d/sshd <<'EOT'
auth required pam_unix.so
account required pam_permit.so
session required pam_permit.so
EOT
useradd --create-home bob
password_set bob "$PASSWORD"
sshd_start server 'Port 24' 'UsePAM yes' 'KbdInteractiveAuthentication yes' \
	'PasswordAuthentication no' 'PubkeyAuthentication no'
sshd_start server 'Port 25' 'PasswordAuthentication yes' \
	'KbdInteractiveAuthentication no' 'PubkeyAuthentication no'
for port in 24 25; do
	known_hosts "[10.9.0.2]:$port"
done >/srv/known
on client sh -c 'cat /srv/known >>/etc/sshdial/known_hosts'
printf '%s\n' "$PASSWORD" "$LINE2" | put client /etc/sshdial/password 600
put client /etc/sshdial/passphrase 600 <<<"$PASSPHRASE"

# The secret number of a key without passphrase, in hexadecimal digits: of an
# ed25519 key the first half of its last string, of an ecdsa key the first
# number of its ASN.1.
secret_of() { # FILE
	python3 -c '
import base64, re, sys
text = open(sys.argv[1]).read()
raw = base64.b64decode("".join(text.split("\n")[1:-2]))
if "OPENSSH" in text:
    at = raw.rindex(b"ssh-ed25519") + 11
    at += 4 + int.from_bytes(raw[at:at + 4], "big")
    print(raw[at + 4:at + 36].hex())
else:
    print(raw[raw.index(b"\x04\x20") + 2:][:32].hex())
' "$1"
}

# remembers PID HEX...: where in the memory of a process these bytes are, or
# their first half
remembers() {
	python3 -c '
import re, sys
mem = open(f"/proc/{sys.argv[1]}/mem", "rb", 0)
total = 0
for line in open(f"/proc/{sys.argv[1]}/maps"):
    start, end, mode, name = re.match(
        r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()
    if "r" not in mode or name.startswith("[v"):
        continue
    start, end = int(start, 16), int(end, 16)
    mem.seek(start)
    bytes_ = mem.read(end - start)
    total += len(bytes_)
    for secret in map(bytes.fromhex, sys.argv[2:]):
        at = bytes_.find(secret[:len(secret) // 2])
        if at >= 0:
            print(f"{name or hex(start)}: {secret.hex()[:8]}")
print(f"{total} bytes read", file=sys.stderr)
' "$@"
}
hex() { # TEXT
	printf %s "$1" | od -An -tx1 | tr -d ' \n'
}

# forgets HEX... LINE...: neither process has these bytes; lines have a blank
forgets() {
	local secrets=() session n=$((++TRIES))
	while [[ $1 != *' '* ]]; do
		secrets+=("$1")
		shift
	done
	far_peer far "$@"
	daemon "exec$n" on client sshdial exec far 'echo ready; sleep 30'
	wait_for 10 "the command runs" grep -q ready "$OUT/exec$n.log"
	session=$(pgrep -x sshdial-session)
	is '' "$(remembers "$session" "${secrets[@]}")" "what the session has"
	is '' "$(remembers "$(ps -o ppid= -p "$session" | tr -d ' ')" \
		"${secrets[@]}")" "what its parent has"
	stop "exec$n"
}

note "--- a key"
forgets "$(secret_of /root/keys/id_ed25519)" \
	"$(hex "$(sed -n 3p /root/keys/id_ed25519)")" \
	'identity /root/keys/id_ed25519'

note "--- a key with a passphrase"
cp /root/keys/id_ed25519 /root/keys/locked
ssh-keygen -q -p -P '' -N "$PASSPHRASE" -f /root/keys/locked
forgets "$(secret_of /root/keys/id_ed25519)" "$(hex "$PASSPHRASE")" \
	'identity /root/keys/locked' \
	'passphrase-file /etc/sshdial/passphrase'

note "--- a key in PEM"
key_make /root/keys/pem ecdsa -m PEM
authorize alice /root/keys/pem.pub
forgets "$(secret_of /root/keys/pem)" "$(hex "$(sed -n 2p /root/keys/pem)")" \
	'identity /root/keys/pem'

note "--- a password, by keyboard-interactive and by itself"
for port in 24 25; do
	forgets "$(hex "$PASSWORD")" "$(hex "$LINE2")" 'user bob' "port $port" 'identity none' \
		'password-file /etc/sshdial/password'
done
nothing_left client
