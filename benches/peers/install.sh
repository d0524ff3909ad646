#!/usr/bin/env bash
# Installs the peers and pages that the registries serve, pinned, outside the repository; prints nothing when all is there.
# Scoop and browsertrix-crawler are on no registry: peers.sh takes the folder of an installation in SCOOP and BROWSERTRIX.
set -euo pipefail
cd "$(dirname "$0")"
cache="${XDG_CACHE_HOME:-$HOME/.cache}/constat/peers"
pins=(single-file-cli@2.0.83 playwright-core@1.65.1)
sites=(startbootstrap-agency@7.0.12 startbootstrap-creative@7.0.7 reveal.js@6.0.2 docsify@5.0.0 video.js@8.24.1 swagger-ui-dist@5.29.0)
packages=(chromium iproute2 nodejs python3-venv redis-server rust-doc python3.11-doc openjdk-17-doc postgresql-doc-15 debian-handbook python-sklearn-doc gimp-help-fr)

missing=()
for package in "${packages[@]}"; do
    [ "$package" = nodejs ] && command -v node >/dev/null && continue
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)" = installed ] || missing+=("$package")
done
if [ "${#missing[@]}" -gt 0 ]; then
    run=()
    [ "$(id -u)" -eq 0 ] || run=(sudo)
    echo "installing: ${missing[*]}"
    "${run[@]}" apt-get update -qq
    "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

# One folder a list of pins; its mark is written last, so that a cut installation is never taken for a whole one.
from_npm() { # NAME PACKAGE@VERSION…
    local folder="$cache/$1" list="${*:2}"
    [ "$(cat "$folder/complete" 2>/dev/null || true)" = "$list" ] && return 0
    rm -rf "$folder"
    mkdir -p "$folder"
    npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$folder" "${@:2}"
    echo "$list" >"$folder/complete"
}
from_npm npm "${pins[@]}"
from_npm sites "${sites[@]}"

if [ "$(cat "$cache/venv/complete" 2>/dev/null || true)" != "$(cat requirements.txt)" ]; then
    rm -rf "$cache/venv"
    /usr/bin/python3 -m venv "$cache/venv"
    "$cache/venv/bin/pip" install --quiet --disable-pip-version-check -r requirements.txt
    cp requirements.txt "$cache/venv/complete"
fi
../../fixtures/conformance/install.sh --sans-java >/dev/null # wacz, beside the other judges
