#!/usr/bin/env bash
# single-file-cli: one HTML file holding the page.
set -euo pipefail
. "$(dirname "$0")/common.sh"
arguments=()
for switch in "${switches[@]}"; do arguments+=("--browser-arg=$switch"); done
exec node "$cache/npm/node_modules/single-file-cli/single-file-node.js" --browser-executable-path "$browser" "${arguments[@]}" \
    --browser-width 1280 --browser-height 800 "$url" "$folder/page.html"
