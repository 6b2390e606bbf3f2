#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   stage: a copy of the repository on a machine that lacks some tools, where
#   apt-get only notes that it was called
#
# test: make check without its tools names each of them and make setup, installs
# test: and builds nothing, and exits with 2; make setup would install them;
# test: CLANG names a clang that has another name
. "$REPO/tests/lib/lib.sh"
# shellcheck source=tests/lib/debian.sh
. "$REPO/tests/lib/debian.sh"

readonly COPY=/tmp/copy
mkdir "$COPY"
cp -a "$REPO"/{Makefile,scripts,docs,src,tests} "$COPY/"
cd "$COPY"
# shellcheck disable=SC2016 # expanded over there
printf '#!/bin/sh\necho "$*" >>/tmp/called\nexit 1\n' >/usr/bin/apt-get
chmod 755 /usr/bin/apt-get
: >/tmp/called
for suite in "${!DEBIAN_PACKAGES[@]}"; do
	tar=$(debian_tar "$suite")
	mkdir -p "${tar%/*}"
	echo there >"$tar.sum"
done

note "--- everything is there"
ok "$REPO/tests/setup" --check

note "--- something is not"
rm /usr/bin/cppcheck /usr/bin/shellcheck
rm -r /usr/include/cmocka* /usr/lib/*/pkgconfig/cmocka.pc
mv /usr/bin/clang /usr/bin/clang-42
fails_with 2 make check >/tmp/said 2>&1
said=$(</tmp/said)
like '^  cppcheck +.*\(package cppcheck\)$' "$said"
like '^  shellcheck +.*\(package shellcheck\)$' "$said"
like '^  cmocka +.*\(package libcmocka-dev\)$' "$said"
like '^  clang +.*\(package clang\)$' "$said"
like '^  dovecot-imapd +unpacked' "$said"
unlike '^  (gcc|git|valgrind|clang-tidy) ' "$said"
# shellcheck disable=SC2016 # no command
like '^`make setup` installs them' "$said"
is '' "$(</tmp/called)" "calls of apt-get"
[[ ! -e build ]] || fail "it has built: $(find build | head)"
fails_with 2 env CLANG=clang-42 tests/setup --check >/tmp/said 2>&1
unlike '^  (clang|fuzzer) ' "$(</tmp/said)"
like '^  cppcheck ' "$(</tmp/said)"

note "--- and would be installed"
fails_with 2 make setup check >/tmp/said 2>&1
like 'installing .*clang .*cppcheck' "$(</tmp/said)"
like '^.* update$' "$(</tmp/called)"
