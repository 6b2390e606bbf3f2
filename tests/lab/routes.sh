#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
#   guest: a network namespace for each case, veth in the place of ppp0
#
# test: routes and rules on the guest's kernel, which is older than many a
# test: machine's; 2000 routes are set within a second
. "$REPO/tests/lib/lib.sh"

for what in test_foreign test_closed test_many; do
	ok "$REPO/build/tests/unit/routes" "$what" | tee -a /srv/said
done
is 3 "$(grep -c '^\[       OK \]' /srv/said)" "tests that ran"
said=$(grep '^2000 routes set' /srv/said)
took=${said#* in }
((${took%% ms*} < 1000)) || fail "$said"
