#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
# test: shellcheck finds nothing in any script
# limit: 120
set -euo pipefail

# every file that is shell by its name, its first line or a directive
mapfile -t scripts < <(
	find .ci scripts tests -type f -print0 2>/dev/null |
		xargs -0 awk 'FNR == 1 && (FILENAME ~ /\.sh$/ ||
			/^#!.*[\/ ](ba|da)?sh$/ || /^# shellcheck shell=/) {
			print FILENAME } { nextfile }' | sort
)
((${#scripts[@]} > 10)) || {
	echo "the scripts were not found"
	exit 1
}
# SC2153: STATUS and the like are set by tests/lib, not a misspelt status
printf '%s\0' "${scripts[@]}" | xargs -0 -n 4 -P "$(nproc)" \
	shellcheck --external-sources --exclude=SC2153
