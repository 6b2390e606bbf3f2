#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   machine: /bookworm, a clean Debian 12 without a network
#
# test: make deb: the same bytes twice, nothing for lintian; installed in a
# test: clean Debian it runs and starts nothing, removed it keeps what is the
# test: administrator's, purged nothing of it is left
# limit: 600
. "$REPO/tests/lib/lib.sh"
# shellcheck source=tests/lib/debian.sh
. "$REPO/tests/lib/debian.sh"

note "--- it is built, twice"
build() { # FOLDER
	make -s -C "$REPO" -j2 deb B="$1" >"$OUT/build.log" 2>&1 ||
		fail "make deb: $(tail -n 5 "$OUT/build.log")"
	tail -n 1 "$OUT/build.log"
}
deb=$(build /tmp/b1)
other=$(build /tmp/elsewhere/b2)
[[ $deb == /tmp/b1/sshdial_*.deb ]] || fail "make deb said: $deb"
is "${deb##*/}" "${other##*/}" "its name"
cmp "$deb" "$other" || fail "two builds differ"
cp "$deb" "$OUT/sshdial.deb"
said=$(setpriv --reuid nobody --regid nogroup --clear-groups env HOME=/tmp \
	lintian --tag-display-limit 0 "$deb" 2>&1) || true
unlike '^E: ' "$said" "what lintian says"
is 'init.d-script-does-not-source-init-functions' \
	"$(sed -n 's/^W: sshdial: \([^ ]*\).*/\1/p' <<<"$said")" "its warnings"

note "--- a clean Debian"
host machine
bookworm_root machine
readonly ROOT=/proc/${HOST[machine]}/root/bookworm
present() { # files with their kind, mode, owner and, below /etc, content
	(cd "$ROOT" && find . -xdev \( -path ./var/lib/dpkg -o -path ./var/log \
		-o -path ./var/cache -o -path ./run -o -path ./proc -o -path ./dev -o -path ./out \
		-o -path ./etc/.pwd.lock -o -path './etc/*-' \) -prune -o \
		-printf '%y %m %u %g %p %l\n' -type f -path './etc/*' \
		-exec sha256sum {} + | sort)
}
dpkg_on() { # WORD...
	in_bookworm machine env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		dpkg --force-unsafe-io "$@" >"$OUT/dpkg.log" 2>&1 ||
		fail "dpkg $*: $(tail -n 8 "$OUT/dpkg.log")"
	unlike '(warning|error|rror:)' "$(grep -v 'delayed\|not empty' \
		"$OUT/dpkg.log")" "what dpkg $1 says"
}
before=$(present)
((${#before} > 100000)) || fail "there is no Debian in $ROOT"

note "--- installed"
dpkg_on -i /out/sshdial.deb
is "sshdial $(dpkg-deb -f "$deb" Version)" \
	"$(in_bookworm machine sshdial --version)" "its version"
# shellcheck disable=SC2016 # dpkg's
is 'ii ' "$(in_bookworm machine dpkg-query -W -f '${db:Status-Abbrev}' sshdial)" \
	"its status"
like '^sshdial:x:[0-9]+:[0-9]+::/nonexistent:/usr/sbin/nologin$' \
	"$(in_bookworm machine getent passwd sshdial)" "the account"
in_bookworm machine systemd-analyze verify --man=no \
	/lib/systemd/system/sshdial@.service >/tmp/.said 2>&1 || true
unlike sshdial "$(</tmp/.said)" "what systemd says of the unit"
is '' "$(find "$ROOT"/etc/rc[2345S].d "$ROOT"/etc/systemd/system -name '*sshdial*' \
	! -name 'K*')" "what starts at boot"
is '' "$(pgrep -a sshdial || true)" "processes of sshdial"
for page in sshdial.8 sshdial-exec.8 sshdial-server.8 sshdial.conf.5 \
	sshdial-answer.1; do
	gzip -dc "$ROOT/usr/share/man/man${page##*.}/$page.gz" | mandoc -Tlint \
		-Werror || fail "$page is not well formed"
done
# shellcheck disable=SC2016 # dpkg's
is "$(cd "$ROOT" && find etc -type f -path '*sshdial*' -printf '/%p\n' | sort)" \
	"$(in_bookworm machine dpkg-query -W -f '${Conffiles}' sshdial |
		awk 'NF { print $1 }' | sort)" "the files that dpkg keeps"

note "--- and used"
in_bookworm machine ssh-keygen -q -t ed25519 -N '' -f /etc/sshdial/id_ed25519
printf 'server 192.0.2.1\n' >"$ROOT/etc/sshdial/office.conf"
rc=0
said=$(in_bookworm machine sshdial check office 2>&1) || rc=$?
like '^ok +identity +/etc/sshdial/id_ed25519' "$said" "what check says"
like 'run: sshdial trust office' "$said" "what check says"
in_bookworm machine sshdial-server init >/tmp/.said 2>&1 || true
like 'ok +sshd ' "$(</tmp/.said)" "what sshdial-server says"
ok in_bookworm machine sshdial-server add one /etc/sshdial/id_ed25519.pub --pap
like '^restrict,command="/usr/bin/sshdial-answer -n one ' \
	"$(cat "$ROOT"/var/lib/pppuser/.ssh/authorized_keys)" "the key line"
in_bookworm machine pppd call sshdial-server.d/one notty dryrun >/tmp/.said 2>&1 ||
	like '/dev/ppp' "$(</tmp/.said)" "what pppd says"
like '^one +192\.168\.45\.2 ' "$(in_bookworm machine sshdial-server list)" "list"

note "--- again, removed, purged"
echo '# mine' >>"$ROOT"/etc/default/sshdial
dpkg_on -i /out/sshdial.deb
like '^# mine$' "$(<"$ROOT"/etc/default/sshdial)" "a conffile after an upgrade"
dpkg_on -r sshdial
[[ ! -e $ROOT/usr/sbin/sshdial ]] || fail "the program is still there"
[[ -s $ROOT/etc/sshdial/id_ed25519 ]] || fail "the key is gone"
like '^# mine$' "$(<"$ROOT"/etc/default/sshdial)" "a conffile after remove"
like '^restrict' "$(cat "$ROOT"/var/lib/pppuser/.ssh/authorized_keys)" "key lines"
# a link that comes up meanwhile is not disturbed by what is left
in_bookworm machine env LINKNAME=sshdial-one /etc/ppp/ip-up.d/sshdial-server \
	ppp0 x 0 192.168.45.1 192.168.45.2 sshdial-server:one
grep -q '^one .* # sshdial-server$' "$ROOT/etc/ppp/pap-secrets" ||
	fail "no line in pap-secrets"
mkdir -p "$ROOT/run/sshdial"
touch "$ROOT"/run/sshdial/{far.undo,far.lock,.far.undo.lock}
echo 'echo mine' >"$ROOT/etc/ppp/ipv6-up.d/sshdial-server"
dpkg_on -P sshdial
like '^/run/sshdial/far.undo stays' "$(<"$OUT/dpkg.log")" "what purge says"
like '^/etc/ppp/ipv6-up.d/sshdial-server stays' "$(<"$OUT/dpkg.log")" \
	"what purge says"
is 'echo mine' "$(<"$ROOT/etc/ppp/ipv6-up.d/sshdial-server")" "another's hook"
is far.undo "$(ls -A "$ROOT/run/sshdial")" "what is left in /run/sshdial"
rm -r "$ROOT/run/sshdial" "$ROOT/etc/ppp/ipv6-up.d/sshdial-server"
in_bookworm machine userdel --remove --force pppuser >/dev/null 2>&1 || true
diff <(echo "$before") <(present) >/tmp/diff || fail "left behind: $(</tmp/diff)"
