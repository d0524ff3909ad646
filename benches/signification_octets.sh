#!/usr/bin/env bash
# Why: the readers of foreign octets of the service of acts, on many changed copies of good files (the bodies of the fuzz targets).
# Usage: benches/signification_octets.sh OCTETS OUT_DIR [CASES]; OCTETS is the test program `octets_etrangers`
# (cargo test -p signification --test octets_etrangers --no-run says where it is).
set -euo pipefail
octets=$(realpath "$1") out=$2 cases=${3:-200000}
mkdir -p "$out"
CONSTAT_CAS=$cases "$octets" --nocapture --test-threads 2 2>&1 | tee "$out/octets-$cases.txt"
