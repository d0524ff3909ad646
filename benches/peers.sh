#!/usr/bin/env bash
# Our capture beside the peers' of the same pages, in one run; writes benches/runs/DATE-peers/. One command: benches/peers.sh
# RUNS=5 of each; TOOLS and PAGES (names) limit; SCOOP, BROWSERTRIX and NODE22 name installations that no registry serves;
# CONSTAT and FIXTURES name binaries (else release ones of $CARGO_TARGET_DIR). As root, all of it has a network of its own: loopback alone.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ -z "${PEERS_INSIDE:-}" ]; then
    benches/peers/install.sh
    export PEERS_INSIDE=1
    # shellcheck disable=SC2016 # the inner shell expands it
    [ "$(id -u)" -eq 0 ] && exec unshare --net bash -c 'ip link set lo up && exec "$0"' "$PWD/benches/peers.sh"
    echo "not root: names of outside hosts are left to this machine's resolver" >&2
fi
target=${CARGO_TARGET_DIR:-target}/release
export CONSTAT=${CONSTAT:-$target/constat}
fixtures=${FIXTURES:-$target/fixtures}
cache="${XDG_CACHE_HOME:-$HOME/.cache}/constat"
out=${OUT:-benches/runs/$(date -u +%Y-%m-%d)-peers}
work=$(mktemp -d)
rm -rf "$out" && mkdir -p "$out"
# shellcheck source=../fixtures/conformance/lib.sh
. fixtures/conformance/lib.sh
WACZ="$(venv_dir requirements.txt)/bin/wacz"
export WACZ WARCIO="$cache/peers/venv/bin/warcio"
python="$cache/peers/venv/bin/python"

"$fixtures" serve --dossier "$work/etude" --fichier-adresses "$work/etude.json" --duree 86400 >/dev/null 2>&1 &
etude=$!
"$python" benches/peers/corpus.py "$work/corpus.json" "$work/asked.jsonl" \
    /python/=/usr/share/doc/python3.11/html /rust/=/usr/share/doc/rust-doc/html /java/=/usr/share/doc/openjdk-17-doc \
    /pg/=/usr/share/doc/postgresql-doc-15/html /sklearn/=/usr/share/doc/python-sklearn-doc/html \
    /handbook/=/usr/share/doc/debian-handbook/html /gimp/=/usr/share/gimp/2.0/help /npm/="$cache/peers/sites/node_modules" &
corpus=$!
trap 'kill "$etude" "$corpus" 2>/dev/null || true; [ -n "${KEEP:-}" ] || rm -rf "$work"' EXIT
for _ in $(seq 1 300); do [ -s "$work/corpus.json" ] && [ -s "$work/etude.json" ] && break; sleep 0.1; done
export ETUDE="$work/etude/etude.toml" BASE
BASE=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["base"])' "$work/corpus.json")

pages=(
    py-index=/python/index.html py-asyncio=/python/library/asyncio-task.html py-whatsnew=/python/whatsnew/3.11.html
    rust-vec=/rust/std/vec/struct.Vec.html rust-book=/rust/book/ch04-01-what-is-ownership.html
    java-string=/java/api/java.base/java/lang/String.html pg-select=/pg/sql-select.html sklearn-gallery=/sklearn/auto_examples/index.html
    handbook-fr=/handbook/fr-FR/sect.installation-steps.html gimp-fr=/gimp/fr/gimp-concepts-layer-modes-legacy.html
    sb-agency=/npm/startbootstrap-agency/dist/index.html sb-creative=/npm/startbootstrap-creative/dist/index.html
    reveal=/npm/reveal.js/demo.html docsify=/probes/docsify.html swagger=/npm/swagger-ui-dist/index.html
    lazy=/probes/lazy.html data-src=/probes/data-src.html feed=/probes/feed.html tall=/probes/tall.html inner=/probes/inner.html
    frames=/probes/frames.html late=/probes/late.html attachments=/probes/attachments.html pdf=/probes/document.pdf
)
chosen=()
for page in "${pages[@]}"; do
    [[ -z "${PAGES:-}" || " $PAGES " == *" ${page%%=*} "* ]] && chosen+=("$page")
done
tools=()
absent() { printf '{"tool":"%s","absent":"%s"}\n' "$1" "$2" >>"$out/raw.jsonl"; }
for tool in ${TOOLS:-constat chromium-image chromium-pdf single-file playwright scoop browsertrix}; do
    case $tool in
        scoop) [ -n "${SCOOP:-}" ] || { absent scoop "served by no registry; SCOOP named no folder"; continue; } ;;
        browsertrix) [ -n "${BROWSERTRIX:-}" ] || { absent browsertrix "served by no registry; BROWSERTRIX named no folder"; continue; } ;;
    esac
    tools+=("$tool")
done
"$python" benches/peers/run.py "$out/raw.jsonl" "$work/asked.jsonl" "$work/runs" "$BASE" "${RUNS:-5}" "${tools[*]}" "${chosen[*]}"
"$python" benches/peers/summary.py "$out" >"$out/README.md"
cat "$out/README.md"
