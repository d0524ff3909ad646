#!/usr/bin/env bash
# Why: kills the whole platform of acts many times on each storage, while it works, and checks after each opening again that what
# it answered is there, once. The same campaign as the tests', longer.
# Usage: benches/signification_coupures.sh COUPURES OUT_DIR [KILLS]; COUPURES is the test program of that name
# (cargo test -p signification --test coupures --no-run says where it is). PostgreSQL is the tests' own server.
set -euo pipefail
coupures=$(realpath "$1") out=$2 kills=${3:-200}
mkdir -p "$out"
for storage in embarque postgres; do
    begin=$(date +%s)
    CONSTAT_COUPURES=$kills "$coupures" --nocapture --exact "$storage::a_platform_killed_at_any_moment_loses_and_doubles_nothing" \
        2>&1 | tee "$out/coupures-$storage-$kills.txt"
    echo "$(($(date +%s) - begin)) s" | tee -a "$out/coupures-$storage-$kills.txt"
done
