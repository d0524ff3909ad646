#!/usr/bin/env bash
# Why: gathers a feed that recycles its items, of any length, and measures how many a second, the memory it takes, and that none lacks.
# Usage: benches/fil.sh CONSTAT FIXTURES OUT_DIR [ITEMS]; CONSTAT and FIXTURES are the programs that were built.
# TOOLS="constat autoscroll" runs the peer that scrolls (benches/autoscroll.mjs) after ours, on the same page of the same server; MINUTES
# is its limit (25). With TOOLS=autoscroll it runs alone, and CONSTAT is not used.
# The peer, browsertrix-behaviors, is AGPL-3.0: installed and run as a separate tool, nothing of it is in this repository.
set -euo pipefail
constat=$(realpath "$1") fixtures=$(realpath "$2") out=$3 items=${4:-5000}
benches=$(realpath "$(dirname "$0")")
read -ra tools <<<"${TOOLS:-constat}"
mkdir -p "$out"
work=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
modules=
[[ " ${tools[*]} " == *" autoscroll "* ]] && modules=$("$benches/autoscroll/install.sh")
"$fixtures" serve --dossier "$work/f" --fichier-adresses "$work/adresses.json" >"$work/serveurs.log" 2>&1 &
started+=($!)
until [ -s "$work/adresses.json" ]; do sleep 0.2; done
base=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["base"])' "$work/adresses.json")

ours() {
    cat >"$work/fil.toml" <<TOML
[dossier]
objet = "Fil de $items publications"
[acces]
mode = "public"
[limites]
duree_secondes = 7200
[[etape]]
aller = "$base/reseau/virtuel?n=$items"
[[etape]]
recueillir = { titre = "Fil", maximum = 100000 }
TOML
    "$constat" --json capturer "$work/fil.toml" --dossiers "$work" --etude "$work/f/etude.toml" --reference FIL >"$work/capturer.json" 2>"$work/capturer.log" &
    local capture=$!
    python3 "$benches/memory.py" "$capture" constat >"$out/memoire.tsv"
    wait "$capture" || true
    "$constat" --json verifier "$work/FIL.asice" --ancres "$work/f/ancres" >"$work/verdict.json" || true
    python3 "$benches/fil_summary.py" constat "$out" "$items" "$work/FIL/journal.jsonl" "$work/verdict.json"
}

theirs() {
    node "$benches/autoscroll.mjs" "$modules" "$base" "$items" "$work/autoscroll.json" "$out/autoscroll-parcours.tsv" "${MINUTES:-25}" &
    local driver=$!
    started+=("$driver")
    python3 "$benches/memory.py" "$driver" pilote >"$out/autoscroll-memoire.tsv"
    wait "$driver"
    python3 "$benches/fil_summary.py" autoscroll "$out" "$work/autoscroll.json"
}

for tool in "${tools[@]}"; do
    case $tool in
        constat) ours ;;
        autoscroll) theirs ;;
        *) echo "unknown tool: $tool" >&2; exit 2 ;;
    esac
done
if [ "${#tools[@]}" -eq 2 ]; then python3 "$benches/fil_summary.py" tableau "$out"; fi
