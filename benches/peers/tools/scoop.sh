#!/usr/bin/env bash
# Scoop, unmodified, from the folder $SCOOP: its browser library finds Debian's Chromium where it looks for its own.
# Left out: videos and certificates (programs of others, to be downloaded); loopback is taken off its block list.
set -euo pipefail
. "$(dirname "$0")/common.sh"
export PLAYWRIGHT_BROWSERS_PATH="$folder/browsers" PLAYWRIGHT_SKIP_VALIDATE_HOST_REQUIREMENTS=1
revision=$(node -p 'JSON.parse(require("fs").readFileSync(process.argv[1])).browsers.find(b => b.name === "chromium").revision' \
    "$SCOOP/node_modules/playwright-core/browsers.json")
for place in "chromium-$revision/chrome-linux/chrome" "chromium_headless_shell-$revision/chrome-linux/headless_shell"; do
    mkdir -p "$(dirname "$PLAYWRIGHT_BROWSERS_PATH/$place")"
    printf '#!/bin/sh\nexec %s %s "$@"\n' "$browser" "${switches[*]}" >"$PLAYWRIGHT_BROWSERS_PATH/$place"
    chmod 755 "$PLAYWRIGHT_BROWSERS_PATH/$place"
done
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
exec node "$SCOOP/bin/cli.js" "$url" -o "$folder/page.wacz" --capture-video-as-attachment false --capture-certificates-as-attachment false \
    --blocklist '/https?:\/\/(?!127\.0\.0\.1)/' --public-ip-resolver-endpoint "$BASE/probes/echo" --proxy-host 127.0.0.1 --proxy-port "$port" \
    --yt-dlp-path /bin/true --crip-path /bin/true --capture-window-x 1280 --capture-window-y 800 --export-attachments-output "$folder"
