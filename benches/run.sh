#!/usr/bin/env bash
# Captures, seals and verifies real pages, beside Chromium's own screenshot and openssl's digest, in one run.
# Needs binaries in $CARGO_TARGET_DIR/$PROFILE (release unless told otherwise); writes benches/runs/DATE/.  RUNS=3 of each.
set -euo pipefail
cd "$(dirname "$0")/.."
profile=${PROFILE:-release}
bin="${CARGO_TARGET_DIR:-target}/$profile"
runs=${RUNS:-3}
out="benches/runs/$(date -u +%Y-%m-%d)"
work=$(mktemp -d)
mkdir -p "$out"
application="${XDG_CACHE_HOME:-$HOME/.cache}/constat/npm/node_modules/swagger-ui-dist"

"$bin/fixtures" serve --dossier "$work/etude" --fichier-adresses "$work/adresses.json" --duree 3600 \
    --monter "/rust/=/usr/share/doc/rust-doc/html" --monter "/python/=/usr/share/doc/python3.11/html" \
    --monter "/application/=$application" >"$work/sites.txt" 2>&1 &
sites=$!
trap 'kill "$sites" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 1 300); do [ -s "$work/adresses.json" ] && break; sleep 0.1; done
base=$(python3 -c "import json,sys; print(json.load(open(sys.argv[1]))['base'])" "$work/adresses.json")

sandbox=()
[ "$(id -u)" -eq 0 ] && sandbox=(--no-sandbox)
measure() { python3 benches/measure.py "$@"; }
row() { printf '{"what":"%s","page":"%s","run":%d,"measure":%s}\n' "$1" "$2" "$3" "$4" >>"$out/raw.jsonl"; }
: >"$out/raw.jsonl"

pages=(
    "feed /reseau/p/1042"
    "python-json /python/library/json.html"
    "rust-vec /rust/std/vec/struct.Vec.html"
    "rust-book /rust/book/print.html"
    "application /application/"
)
for entry in "${pages[@]}"; do
    read -r name path <<<"$entry"
    # SKIP="rust-book" leaves a page out: the tallest takes minutes.
    [[ " ${SKIP:-} " == *" $name "* ]] && continue
    for run in $(seq 1 "$runs"); do
        row constat-capture "$name" "$run" "$(measure "$bin/constat" capturer "$base$path" \
            --dossiers "$work/d" --reference "$name-$run" --etude "$work/etude/etude.toml" --sans-sceau)"
        row chromium-screenshot "$name" "$run" "$(measure chromium --headless "${sandbox[@]}" --disable-gpu \
            --hide-scrollbars --window-size=1280,800 --user-data-dir="$work/p-$name-$run" \
            --disable-background-networking --disable-component-update --disable-sync --no-first-run \
            --screenshot="$work/$name-$run.png" "$base$path")"
        row constat-seal "$name" "$run" "$(measure "$bin/constat" sceller "$work/d/$name-$run" --etude "$work/etude/etude.toml")"
        bundle="$work/d/$name-$run.asice"
        row constat-verify "$name" "$run" "$(measure "$bin/constat" verifier "$bundle" --ancres "$work/etude/ancres")"
        row openssl-sha256 "$name" "$run" "$(measure openssl dgst -sha256 "$bundle")"
        printf '{"what":"bytes","page":"%s","run":%d,"bundle":%d}\n' "$name" "$run" "$(stat -c %s "$bundle")" >>"$out/raw.jsonl"
    done
done

# A large dossier: 1 GiB of download, to see throughput and constant memory.
cat >"$work/gros.toml" <<TOML
[dossier]
reference = "gros"
[[etape]]
aller = "$base/"
[[etape]]
telecharger = { url = "$base/gros/?octets=1073741824&nom=gros.bin" }
TOML
row constat-capture gros 1 "$(measure "$bin/constat" capturer "$work/gros.toml" --dossiers "$work/d" --reference gros \
    --etude "$work/etude/etude.toml" --sans-sceau)"
row constat-seal gros 1 "$(measure "$bin/constat" sceller "$work/d/gros" --etude "$work/etude/etude.toml")"
row constat-verify gros 1 "$(measure "$bin/constat" verifier "$work/d/gros.asice" --ancres "$work/etude/ancres")"
row openssl-sha256 gros 1 "$(measure openssl dgst -sha256 "$work/d/gros.asice")"
printf '{"what":"bytes","page":"gros","run":1,"bundle":%d}\n' "$(stat -c %s "$work/d/gros.asice")" >>"$out/raw.jsonl"

python3 benches/summary.py "$out" "$profile" >"$out/README.md"
cat "$out/README.md"
