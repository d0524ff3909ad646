#!/usr/bin/env bash
# A plain script on playwright-core: scroll to the end, HTML, full-page picture, HAR with bodies.
set -euo pipefail
. "$(dirname "$0")/common.sh"
PLAYWRIGHT="$cache/npm/node_modules/playwright-core/index.mjs" CHROMIUM=$browser exec node "$(dirname "$0")/playwright.mjs" "$url" "$folder" "${switches[@]}"
