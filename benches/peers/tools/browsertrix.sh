#!/usr/bin/env bash
# browsertrix-crawler, unmodified, from the folder $BROWSERTRIX (compiled), with node $NODE22; one page is one crawl, with a Redis of its own.
# Its picture is the one made after its behaviours: the better of the two it offers.
set -euo pipefail
. "$(dirname "$0")/common.sh"
export BROWSER_BIN=$browser GEOMETRY=1280x800x16 TMPDIR="$folder/tmp"
mkdir -p "$TMPDIR"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
(cd "$TMPDIR" && exec redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no >/dev/null) &
redis=$!
trap 'kill "$redis"; wait "$redis" || true' EXIT
arguments=()
for switch in "${switches[@]}"; do arguments+=("--extraChromeArgs=$switch"); done
"${NODE22:-node}" "$BROWSERTRIX/dist/main.js" --url "$url" --scopeType page --limit 1 --generateWACZ --headless --screenshot fullPageFinal \
    --cwd "$folder" --collection c --crawlId page --redisStoreUrl "redis://127.0.0.1:$port/0" "${arguments[@]}" --logging stats
