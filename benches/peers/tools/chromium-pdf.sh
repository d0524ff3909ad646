#!/usr/bin/env bash
# Chromium's own print of the page.
set -euo pipefail
. "$(dirname "$0")/common.sh"
exec "$browser" --headless "${switches[@]}" --user-data-dir="$folder/profile" --print-to-pdf="$folder/page.pdf" "$url"
