#!/usr/bin/env bash
# Why: what drawing up an act costs, beside the typst compiler alone on the same pictures and as much text, in one run.
# Usage: benches/pv.sh DRESSER SOURCE.png WORK [RUNS]; DRESSER is the example `dresser` of the package report, built in the profile to measure.
set -euo pipefail
[ $# -ge 3 ] || { sed -n 2,3p "$0"; exit 2; }
dresser=$(realpath "$1") source=$(realpath "$2") runs=${4:-3}
mkdir -p "$3"; work=$(realpath "$3"); here=$(cd "$(dirname "$0")" && pwd)
[ -x "$work/venv/bin/python" ] || { python3 -m venv "$work/venv"; "$work/venv/bin/pip" -q install typst==0.15.2 pillow==12.0.0; }
py=$work/venv/bin/python
"$py" "$here/pv_tiles.py" "$source" "$work" 50 200 1000
out=$work/mesures.jsonl; : >"$out"
for run in $(seq "$runs"); do
  for n in 50 200 1000; do
    [ "$n" = 50 ] || [ "$run" = 1 ] || continue
    printf '{"what": "constat", "run": %s, "told": %s}\n' "$run" "$("$dresser" "$work/tuiles-$n" "$work/acte-$n.pdf")" >>"$out"
  done
  /usr/bin/time -f '{"what": "typst", "run": '"$run"', "seconds": %e, "peak_kb": %M}' -o "$work/temps" "$py" "$here/pv_typst.py" "$work/tuiles-50" "$work/typst.pdf" >"$work/typst.json"
  printf '{"what": "typst", "run": %s, "told": %s, "process": %s}\n' "$run" "$(cat "$work/typst.json")" "$(cat "$work/temps")" >>"$out"
done
cat "$out"
