# What every adaptor shares: the browser and the switches that keep its own traffic out. Sourced; each adaptor takes URL and FOLDER.
# shellcheck shell=bash disable=SC2034
browser=${CHROMIUM:-/usr/lib/chromium/chromium}
switches=(--disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --disable-gpu)
[ "$(id -u)" -eq 0 ] && switches+=(--no-sandbox)
url=$1 folder=$2
cache="${XDG_CACHE_HOME:-$HOME/.cache}/constat/peers"
