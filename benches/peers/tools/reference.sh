#!/usr/bin/env bash
# Not a peer: what a patient browser that scrolls to the end asks of the server, and how tall the document then is.
set -euo pipefail
. "$(dirname "$0")/common.sh"
PLAYWRIGHT="$cache/npm/node_modules/playwright-core/index.mjs" CHROMIUM=$browser PATIENT=1 exec node "$(dirname "$0")/playwright.mjs" "$url" "$folder" "${switches[@]}"
