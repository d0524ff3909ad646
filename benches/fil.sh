#!/usr/bin/env bash
# Why: gathers a feed that recycles its items, of any length, and measures how many a second, the memory it takes, and that none lacks.
# Usage: benches/fil.sh CONSTAT FIXTURES OUT_DIR [ITEMS]; CONSTAT and FIXTURES are the programs that were built.
set -euo pipefail
constat=$(realpath "$1") fixtures=$(realpath "$2") out=$3 items=${4:-5000}
mkdir -p "$out"
work=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
"$fixtures" serve --dossier "$work/f" --fichier-adresses "$work/adresses.json" >"$work/serveurs.log" 2>&1 &
started+=($!)
until [ -s "$work/adresses.json" ]; do sleep 0.2; done
base=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["base"])' "$work/adresses.json")
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
capture=$!
# Memory of our process and of all the processes of its browser, every five seconds: seconds, ours and theirs in MiB.
printf 'secondes\tconstat\tnavigateur\n' >"$out/memoire.tsv"
begun=$(date +%s)
while kill -0 "$capture" 2>/dev/null; do
    python3 - "$capture" "$(($(date +%s) - begun))" >>"$out/memoire.tsv" <<'PY' || true
import os, sys
root, at = int(sys.argv[1]), sys.argv[2]
children, size = {}, {}
for name in os.listdir("/proc"):
    if name.isdigit():
        try:
            text = open(f"/proc/{name}/status").read()
        except OSError:
            continue
        field = dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)
        children.setdefault(int(field["PPid"]), []).append(int(name))
        size[int(name)] = int(field.get("RssAnon", "0 kB").split()[0])
left, theirs = list(children.get(root, [])), 0
while left:
    one = left.pop()
    theirs += size.get(one, 0)
    left += children.get(one, [])
print(f"{at}\t{size.get(root, 0) // 1024}\t{theirs // 1024}")
PY
    sleep 5
done
wait "$capture" || true
"$constat" --json verifier "$work/FIL.asice" --ancres "$work/f/ancres" >"$work/verdict.json" || true
python3 - "$work/FIL/journal.jsonl" "$items" "$out" "$work/verdict.json" <<'PY'
import json, pathlib, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
begin = next(l for l in lines if l["op"] == "step.begin" and l["data"]["kind"] == "recueillir")
end = next(l for l in lines if l["op"] == "step.end" and l["data"]["kind"] == "recueillir")
facts, out = end["data"], pathlib.Path(sys.argv[3])
seconds = (end["mono_us"] - begin["mono_us"]) / 1e6
rows = [line.split("\t") for line in (out / "memoire.tsv").read_text().splitlines()[1:]]
third = max(1, len(rows) // 3)
mean = lambda part, n: sum(int(row[n]) for row in part) / max(1, len(part))
summary = {
    "verdict": json.load(open(sys.argv[4]))["verdict"],
    "items": int(sys.argv[2]), "collected": facts["collected"], "whole": facts["whole"], "cut": facts["cut"], "counter": facts["counter"],
    "not_gathered_of_traffic": (facts["traffic"] or {}).get("not_gathered"), "views": facts["views"], "plates": facts["plates"],
    "most_items_in_document": facts["most_items"], "seconds": round(seconds, 1), "items_per_second": round(facts["collected"] / seconds, 2),
    "constat_mib_first_and_last_third": [round(mean(rows[:third], 1)), round(mean(rows[-third:], 1))],
    "browser_mib_first_and_last_third": [round(mean(rows[:third], 2)), round(mean(rows[-third:], 2))],
}
(out / "resume.json").write_text(json.dumps(summary, ensure_ascii=False, indent=1) + "\n")
print(json.dumps(summary, ensure_ascii=False, indent=1))
PY
