#!/usr/bin/env bash
# Installs what benches/autoscroll.mjs runs, pinned, outside the repository, and prints the folder. Usage: install.sh [FOLDER]
# browsertrix-behaviors is AGPL-3.0: a separate tool, installed and run as it is published; nothing of it is in this repository.
set -euo pipefail
pins=$(realpath "$(dirname "$0")")
key=$(cat "$pins/package.json" "$pins/package-lock.json" | sha256sum | cut -c1-12)
folder=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/constat/autoscroll-$key}
# The file "complet" is written last: a cut installation is never taken for a whole one.
if [ "$(cat "$folder/complet" 2>/dev/null || true)" != "$key" ]; then
    echo "installing: browsertrix-behaviors, puppeteer-core" >&2
    rm -rf "$folder/node_modules"
    mkdir -p "$folder"
    cp "$pins/package.json" "$pins/package-lock.json" "$folder/"
    npm ci --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" >&2
    echo "$key" >"$folder/complet"
fi
realpath "$folder"
