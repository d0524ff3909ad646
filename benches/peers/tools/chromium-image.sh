#!/usr/bin/env bash
# Chromium's own picture of its window: the least that a capture can be.
set -euo pipefail
. "$(dirname "$0")/common.sh"
exec "$browser" --headless "${switches[@]}" --hide-scrollbars --window-size=1280,800 --user-data-dir="$folder/profile" --screenshot="$folder/page.png" "$url"
