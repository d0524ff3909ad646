#!/usr/bin/env bash
# Why: measures how long the preliminaries of a capture, and `constat controler`, take when every server answers and when none does.
# Usage: benches/preliminaires.sh CONSTAT FIXTURES OUT_DIR [RUNS]; CONSTAT and FIXTURES are the programs that were built.
set -euo pipefail
constat=$(realpath "$1") fixtures=$(realpath "$2") out=$3 runs=${4:-5}
mkdir -p "$out"
work=$(mktemp -d)
started=()
trap 'kill "${started[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT
"$fixtures" serve --complet --dossier "$work/f" --fichier-adresses "$work/adresses.json" >"$work/serveurs.log" 2>&1 &
started+=($!)
until [ -s "$work/adresses.json" ]; do sleep 0.2; done
base=$(python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["base"])' "$work/adresses.json")
# Servers that accept every question and answer none.
python3 - "$work" <<'PY' &
import socket, sys, time
work, held = sys.argv[1], []
def udp():
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); one.bind(("127.0.0.1", 0)); held.append(one); return one.getsockname()[1]
def tcp():
    one = socket.socket(); one.bind(("127.0.0.1", 0)); one.listen(50); held.append(one); return one.getsockname()[1]
engine = socket.socket(socket.AF_UNIX); engine.bind(f"{work}/clamd.ctl"); engine.listen(5); held.append(engine)
text = open(f"{work}/f/etude.toml").read()
start, end = text.index("[temps]"), text.index("[mesures.declarations]")
clocks = ", ".join(f'"127.0.0.1:{udp()}"' for _ in range(4))
silent = f'''[temps]
serveurs = [{clocks}]
[mesures]
adresse_publique = ["stun:127.0.0.1:{udp()}", "http://127.0.0.1:{tcp()}/"]
resolveurs = ["127.0.0.1:{udp()}", "127.0.0.1:{udp()}"]
rdap = "http://127.0.0.1:{tcp()}/"
whois = "127.0.0.1:{tcp()}"
temoin = "http://127.0.0.1:{tcp()}/"
antivirus = {{ clamd = "{work}/clamd.ctl" }}
'''
open(f"{work}/f/muette.toml", "w").write(text[:start] + silent + text[end:])
time.sleep(3600)
PY
started+=($!)
until [ -s "$work/f/muette.toml" ]; do sleep 0.2; done
table="$out/preliminaires.tsv"
printf 'etude\tmesure\tsecondes\n' >"$table"
for etude in etude muette; do
    for n in $(seq "$runs"); do
        "$constat" --json capturer "$base/" --dossiers "$work" --etude "$work/f/$etude.toml" --reference "$etude-$n" >/dev/null 2>&1
        python3 - "$work/$etude-$n/journal.jsonl" "$etude" >>"$table" <<'PY'
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
gate = next(line for line in lines if line["op"] == "norm.gate")
print(f"{sys.argv[2]}\tpréliminaires\t{gate['mono_us'] / 1e6:.2f}")
PY
        begun=$(date +%s%N)
        "$constat" controler --etude "$work/f/$etude.toml" >/dev/null 2>&1 || true
        printf '%s\tcontroler\t%s\n' "$etude" "$(python3 -c "print(f'{($(date +%s%N) - $begun) / 1e9:.2f}')")" >>"$table"
    done
done
python3 - "$table" <<'PY'
import statistics, sys
rows = [line.rstrip("\n").split("\t") for line in open(sys.argv[1])][1:]
for key in sorted({(a, b) for a, b, _ in rows}):
    values = [float(c) for a, b, c in rows if (a, b) == key]
    print(f"{key[0]:<8}{key[1]:<16}médiane {statistics.median(values):.2f} s, au plus {max(values):.2f} s ({len(values)} fois)")
PY
