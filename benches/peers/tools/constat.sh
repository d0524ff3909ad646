#!/usr/bin/env bash
# Ours, the capture alone.
set -euo pipefail
exec "$CONSTAT" capturer "$1" --dossiers "$2" --reference page --etude "$ETUDE" --sans-sceau
