#!/usr/bin/env bash
# Seals and verifies large and many bundles beside openssl, wacz validate and warcio check on the same octets, in one run.
# Needs binaries in $CARGO_TARGET_DIR/$PROFILE (release unless told otherwise); writes benches/runs/DATE-seal/.
# RUNS=3 of each; OCTETS: the large evidence (1 GiB); SMALL: how many small bundles (1000); HUGE=octets adds one huge evidence, once.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${PROFILE:-release}
bin="${CARGO_TARGET_DIR:-target}/$profile"
runs=${RUNS:-3}
out=${OUT:-benches/runs/$(date -u +%Y-%m-%d)-seal}
work=$(mktemp -d "${WORK:-/tmp}/seal.XXXXXX")
mkdir -p "$out"
# shellcheck source=../fixtures/conformance/lib.sh
. fixtures/conformance/lib.sh
judges="$(venv_dir requirements.txt)/bin"

"$bin/fixtures" serve --dossier "$work/etude" --fichier-adresses "$work/adresses.json" --duree 7200 >"$work/sites.txt" 2>&1 &
sites=$!
trap 'kill "$sites" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 1 300); do [ -s "$work/adresses.json" ] && break; sleep 0.1; done
base=$(python3 -c "import json,sys; print(json.load(open(sys.argv[1]))['base'])" "$work/adresses.json")
etude="$work/etude/etude.toml" anchors="$work/etude/ancres"

measure() { python3 benches/measure.py "$@"; }
row() { printf '{"what":"%s","case":"%s","run":%d,"bytes":%d,"measure":%s}\n' "$@" >>"$out/raw.jsonl"; }
: >"$out/raw.jsonl"

# One evidence: a download of so many octets that nothing compresses, kept in the archive and beside it.
evidence() { # CASE OCTETS RUNS
  local case=$1 octets=$2 times=$3 bundle="$work/d/$1.asice" size run
  cat >"$work/$case.toml" <<TOML
[dossier]
reference = "$case"
[limites]
duree_secondes = 7200
volume_mio = 65536
telechargement_mio = 32768
[[etape]]
aller = "$base/"
[[etape]]
telecharger = { url = "$base/gros/?octets=$octets&bruit=1" }
TOML
  row constat-capture "$case" 1 "$octets" "$(measure "$bin/constat" capturer "$work/$case.toml" --dossiers "$work/d" --etude "$etude" --sans-sceau)"
  for run in $(seq 1 "$times"); do
    rm -f "$bundle"
    row constat-seal "$case" "$run" "$octets" "$(measure "$bin/constat" sceller "$work/d/$case" --etude "$etude")"
    size=$(stat -c %s "$bundle")
    row constat-verify "$case" "$run" "$size" "$(measure "$bin/constat" verifier "$bundle" --ancres "$anchors")"
    row openssl-sha256 "$case" "$run" "$size" "$(measure openssl dgst -sha256 "$bundle")"
  done
}

large=${OCTETS:-1073741824}
evidence grand "$large" "$runs"
# The same octets under the tools of the archive alone.
unzip -qq -o "$work/d/grand.asice" capture.wacz -d "$work"
size=$(stat -c %s "$work/capture.wacz")
unzip -qq -o "$work/capture.wacz" 'archive/*' -d "$work"
row wacz-validate grand 1 "$size" "$(measure "$judges/wacz" validate -f "$work/capture.wacz")"
row warcio-check grand 1 "$size" "$(measure "$judges/warcio" check "$work"/archive/*.gz)"
rm -rf "$work/d" "$work/archive" "$work/capture.wacz"

# 200 MB of archive, the size the tools of the archive are measured at.
evidence moyen 209715200 "$runs"
unzip -qq -o "$work/d/moyen.asice" capture.wacz -d "$work"
size=$(stat -c %s "$work/capture.wacz")
unzip -qq -o "$work/capture.wacz" 'archive/*' -d "$work"
for run in $(seq 1 "$runs"); do
  row wacz-validate moyen "$run" "$size" "$(measure "$judges/wacz" validate -f "$work/capture.wacz")"
  row warcio-check moyen "$run" "$size" "$(measure "$judges/warcio" check "$work"/archive/*.gz)"
done
rm -rf "$work/d" "$work/archive" "$work/capture.wacz"

# Many small ones.
many=${SMALL:-1000}
"$bin/constat" capturer "$base/" --dossiers "$work/d" --reference petit --etude "$etude" >/dev/null 2>&1
mkdir "$work/petits"
for n in $(seq 1 "$many"); do cp "$work/d/petit.asice" "$work/petits/$n.asice"; done
size=$(($(stat -c %s "$work/d/petit.asice") * many))
cat "$anchors"/*.pem >"$work/racines.pem"
cat >"$work/openssl.sh" <<'SH'
set -euo pipefail
for bundle in "$1"/*.asice; do
  rm -rf "$2" && mkdir "$2" && unzip -qq "$bundle" -d "$2"
  (cd "$2" && sha256sum --quiet -c SHA256SUMS)
  openssl cms -verify -cades -binary -inform DER -in "$2/META-INF/signature001.p7s" -content "$2/META-INF/ASiCManifest001.xml" \
    -CAfile "$3" -purpose any -out /dev/null 2>/dev/null
  openssl ts -verify -token_in -in "$2/META-INF/timestamp002.tst" -data "$2/META-INF/ASiCManifest002.xml" -CAfile "$3" >/dev/null 2>&1
done
SH
for run in $(seq 1 "$runs"); do
  row constat-many petits "$run" "$size" "$(measure "$bin/constat" verifier "$work/petits" --ancres "$anchors")"
  [ "$run" -gt 1 ] || row openssl-many petits "$run" "$size" "$(measure bash "$work/openssl.sh" "$work/petits" "$work/deplie" "$work/racines.pem")"
done
rm -rf "$work/d" "$work/petits"

[ -z "${HUGE:-}" ] || evidence immense "$HUGE" 1
python3 benches/seal_summary.py "$out" "$profile" "$many" >"$out/README.md"
cat "$out/README.md"
