#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   server: sshdial-server, alone
#
# test: sshdial-server leaves files whole and foreign lines alone: other
# test: owners, links, two at once, a full pool, full disks, killed runs
# limit: 300
. "$REPO/tests/lib/lib.sh"
. "$REPO/tests/lib/server.sh"

host server
[[ -e /dev/ppp ]] || mknod /dev/ppp c 108 0
server_install
readonly FOLDER=/proc/${HOST[server]}/root/home/pppuser/.ssh
readonly KEYS=$FOLDER/authorized_keys
readonly PPP=/proc/${HOST[server]}/root/etc/ppp
readonly CLIENTS=$PPP/peers/sshdial-server.d
for ((i = 1; i <= 12; i++)); do
	key_make "/root/keys/k$i"
done
readonly OURS='^restrict,command="/usr/local/bin/sshdial-answer -n (k[0-9]+) call sshdial-server\.d/\1" ssh-ed25519 [A-Za-z0-9+/]{68} \1 \1$'

# whole: each file is as it was, or as it is to be
whole() {
	local file
	head -c "$(wc -c </tmp/foreign)" "$KEYS" | cmp - /tmp/foreign ||
		fail "foreign lines were changed"
	tail -c +$(($(wc -c </tmp/foreign) + 1)) "$KEYS" >/tmp/ours
	[[ -z $(tail -c 1 /tmp/ours) ]] || fail "the last line has no end"
	! grep -vE "$OURS" /tmp/ours || fail "a line is not whole"
	is '' "$(sort /tmp/ours | uniq -d)" "lines that are there twice"
	is '600 pppuser' "$(stat -c '%a %U' "$KEYS")" "the mode of $KEYS"
	for file in "$CLIENTS"/k*; do
		[[ -e $file ]] || continue
		cmp -s <(sed "s/NAME/${file##*/}/; s/PAIR/$(pair "$file")/" \
			/tmp/client) "$file" || fail "$file is not whole: $(<"$file")"
	done
	head -c "$(wc -c </tmp/secrets)" "$PPP/pap-secrets" | cmp - /tmp/secrets ||
		fail "foreign secrets were changed"
	tail -c +$(($(wc -c </tmp/secrets) + 1)) "$PPP/pap-secrets" >/tmp/ours
	! grep -vE '^k[0-9]+ \* [0-9a-f]{32} 10\.[0-9.]+ # sshdial-server$' /tmp/ours ||
		fail "a secret is not whole"
}
pair() {
	grep -E '^10\.77\.0\.1:10\.[0-9.]+$' "$1" || fail "$1 has no pair: $(<"$1")"
}

note "--- an account that is there, with keys of its own"
user_add pppuser users
chmod 700 /home/pppuser
says 0 'ok +account +pppuser may run pppd' init --pool 10.77.0.0/29
like '(^| )dip( |$)' "$(id -Gn pppuser)" "its groups"
is '700 pppuser' "$(stat -c '%a %U' "$FOLDER")" "the folder that was made"
{
	# shellcheck disable=SC2016 # nobody may expand it
	echo '# "of others"; $(touch /tmp/hacked)'
	printf 'from="10.*",command="x \\" y" %s\r\n' "$(</root/keys/k12.pub)"
	printf 'garbage \xff\xfe\n\n\n'
	head -c 20000 /dev/zero | tr '\0' x
	echo
	echo 'restrict,command="/usr/local/bin/sshdial-answer -n k1 call sshdial-server.d/k2" ssh-ed25519 x'
	echo 'restrict,command="/usr/local/bin/sshdial-answer -n k1 call sshdial-server.d/k1",pty ssh-ed25519 x'
	echo ' restrict,command="/usr/local/bin/sshdial-answer -n k1 call sshdial-server.d/k1" ssh-ed25519 x'
	printf 'the last one, without an end'
} >/tmp/foreign
install -o pppuser -g users -m 600 /tmp/foreign "$KEYS"
printf '# other\nother * "a b" *' >"$PPP/pap-secrets"
chmod 640 "$PPP/pap-secrets"
says 1 'line 2 of' add k12 /root/keys/k12.pub
says 0 '' add k1 /root/keys/k1.pub --pap
echo >>/tmp/foreign # the end that the last line got
sed '$d' "$PPP/pap-secrets" >/tmp/secrets
sed 's/k1$/NAME/; s/^10.*/PAIR/' "$CLIENTS/k1" >/tmp/client
is 3 "$(grep -c 'NAME$' /tmp/client)" "where the name stands"
whole
is 640 "$(stat -c %a "$PPP/pap-secrets")" "the mode of pap-secrets"
says 0 'written by hand' remove k1
whole
cmp "$KEYS" /tmp/foreign || fail "something is left of k1"
cmp "$PPP/pap-secrets" /tmp/secrets || fail "something is left of its secret"

note "--- under another shell"
rc=0
on server busybox sh /usr/local/sbin/sshdial-server add k1 /root/keys/k1.pub --pap ||
	rc=$?
is 0 "$rc" "status under busybox"
on server bash --posix /usr/local/sbin/sshdial-server add k2 /root/keys/k2.pub --pap
whole
says 0 'k1 +10\.77\.0\.2' list
like 'k2 +10\.77\.0\.3' "$SAID" list
on server busybox sh /usr/local/sbin/sshdial-server remove k1
says 0 '' remove k2
whole

note "--- folders and files that are not to be trusted"
trap_set() { # what the account could do
	mv "$KEYS" /tmp/kept
	"$@"
	says 1 "${REGEX}" add k1 /root/keys/k1.pub
	rm -f "$KEYS"
	mv /tmp/kept "$KEYS"
	whole
}
echo secret >/root/secret
chmod 600 /root/secret
REGEX='symbolic link' trap_set ln -s /root/secret "$KEYS"
REGEX='symbolic link' trap_set ln -s /nonexistent "$KEYS"
REGEX='not a regular file' trap_set mkfifo "$KEYS"
is secret "$(</root/secret)" "a file of root's"
mv "$FOLDER" /home/pppuser/kept
mkdir -m 700 /root/.ssh
ln -s /root/.ssh "$FOLDER"
says 1 'is a symbolic link' add k1 /root/keys/k1.pub
is '' "$(ls -A /root/.ssh)" "what is in root's folder"
rm "$FOLDER"
mv /home/pppuser/kept "$FOLDER"
chmod g+w "$FOLDER"
says 1 'can be written by others' add k1 /root/keys/k1.pub
chmod g-w "$FOLDER"
ln -s /root/secret "$FOLDER/.authorized_keys.new"
says 0 '' add k1 /root/keys/k1.pub --pap
is secret "$(</root/secret)" "a file of root's"
whole
mv "$PPP/pap-secrets" "$PPP/kept"
ln -s kept "$PPP/pap-secrets"
says 1 'symbolic link' add k2 /root/keys/k2.pub --pap
rm "$PPP/pap-secrets"
mv "$PPP/kept" "$PPP/pap-secrets"
says 0 'there is no client k2' remove k2
says 0 '' remove k1
printf 'k1 * mine *\n' >>"$PPP/pap-secrets"
says 1 'a line for k1 that is not ours' add k1 /root/keys/k1.pub --pap
sed -i '$d' "$PPP/pap-secrets"
says 0 '' remove k1
whole
[[ ! -e /tmp/hacked ]] || fail "something was executed"

note "--- all at once, and a full pool"
adding=()
for ((i = 1; i <= 6; i++)); do
	{
		QUIET=1 on server sshdial-server add "k$i" "/root/keys/k$i.pub" \
			--pap >>/tmp/adds 2>&1 || echo "k$i" >>/tmp/failed
	} &
	adding+=($!)
done
wait "${adding[@]}"
whole
is 1 "$(wc -l </tmp/failed)" "how many found no address in a pool of five"
is 5 "$(cat "$CLIENTS"/* | grep -c '^10\.77\.0\.1:10\.77\.0\.[2-6]$')" "clients"
is 5 "$(cat "$CLIENTS"/* | grep '^10' | sort -u | wc -l)" "their addresses"
like 'the pool 10\.77\.0\.0/29 is full' "$(</tmp/adds)" "what the sixth heard"
before=$(cat "$KEYS" "$CLIENTS"/* | sha256sum)
says 1 'the pool 10\.77\.0\.0/29 is full' add k7 /root/keys/k7.pub
is "$before" "$(cat "$KEYS" "$CLIENTS"/* | sha256sum)" "state after a full pool"
says 0 '' add k7 /root/keys/k7.pub --address 10.99.0.1 --pap
whole
for ((i = 1; i <= 7; i++)); do
	says 0 '' remove "k$i"
done
cmp "$KEYS" /tmp/foreign || fail "something is left"

note "--- full disks"
# small NAME FOLDER SIZE: FOLDER is on a file system of its own, full but for
# what `room' leaves
small() {
	QUIET=1 on server cp -a "$2" "/tmp/$1"
	QUIET=1 on server mount -t tmpfs -o "size=$3" "$1" "$2"
	QUIET=1 on server cp -a "/tmp/$1/." "$2/"
	QUIET=1 on server chown --reference="/tmp/$1" "$2"
	QUIET=1 on server chmod --reference="/tmp/$1" "$2"
}
room() { # FOLDER PAGES
	# shellcheck disable=SC2016 # expanded over there
	QUIET=1 on server sh -c 'cat /dev/zero >"$1/fill" 2>/dev/null
		truncate -s "$(($(stat -c %s "$1/fill") - 4096 * $2))" "$1/fill"' room "$1" "$2"
}
tight() { # FOLDER PAGES
	local rc=0 failed=0
	local tries=0
	for ((pages = 0; pages <= $2; pages += 2)); do
		((++tries))
		room "$1" "$pages"
		rc=0
		server add k1 /root/keys/k1.pub --pap || rc=$?
		whole
		((rc == 0)) || ((++failed))
		((rc != 0)) || like '^k1 has' "$SAID" "what a success says"
		rm -f "/proc/${HOST[server]}/root$1/fill"
		says 0 '' remove k1
		whole
		cmp "$KEYS" /tmp/foreign || fail "something is left"
	done
	note "$failed of $tries failed"
	((failed > 0)) || fail "the disk was not full"
	((failed < tries)) || fail "$(($2 * 4)) KiB are not enough: $SAID"
}
small etc /etc/ppp 256k
tight /etc/ppp 24
QUIET=1 on server umount /etc/ppp
small keys /home/pppuser/.ssh 128k
tight /home/pppuser/.ssh 24
QUIET=1 on server umount /home/pppuser/.ssh

note "--- runs that are killed before each step"
# Programs that change something count down, and the last one ends the run.
for name in cat chmod cp mv rm sed sync; do
	cat >"/usr/local/sbin/$name" <<-END
	#!/bin/bash
	read -r left </srv/steps
	echo \$((left - 1)) >/srv/steps
	((left != 1)) || kill -KILL 0
	exec /usr/bin/$name "\$@"
	END
	chmod 755 "/usr/local/sbin/$name"
done
killed_at() { # N WORD...: sshdial-server WORD..., killed before its Nth step
	local rc=0
	echo "$1" >/srv/steps
	setsid --wait nsenter -t "${HOST[server]}" -m -n -u sshdial-server \
		"${@:2}" >/dev/null 2>&1 || rc=$?
	((rc != 0))
}
echo 0 >/srv/steps
chmod 666 /srv/steps
for ((n = 1; n < 100; n++)); do
	killed_at "$n" add k1 /root/keys/k1.pub --pap || break
	whole
	((n % 2)) || says 0 '' remove k1
done
note "add has $((n - 1)) steps"
((n > 12 && n < 100)) || fail "no run was killed, or all were"
for ((m = 1; m < 100; m++)); do
	killed_at "$m" remove k1 || break
	whole
	says 0 '' add k1 /root/keys/k1.pub --pap
	whole
done
note "remove has $((m - 1)) steps"
((m > 8 && m < 100)) || fail "no run was killed, or all were"
for name in cat chmod cp mv rm sed sync; do
	/usr/bin/rm "/usr/local/sbin/$name"
done

says 0 '' add k1 /root/keys/k1.pub --pap
whole
says 0 'ok +k1 ' check
says 0 '' remove k1
cmp "$KEYS" /tmp/foreign || fail "something is left of k1"
cmp "$PPP/pap-secrets" /tmp/secrets || fail "something is left of its secret"
is '' "$(find "$CLIENTS" "$FOLDER" "$PPP" -name '.*.new' -o -name .content \
	-o -name .key -o -name .keys)" "what killed runs have left"
