#!/usr/bin/env bash
# Ours, the seal of the capture that constat.sh left in the same folder: two signatures, two timestamps, verification before the name is given.
set -euo pipefail
exec "$CONSTAT" sceller "$2/page" --etude "$ETUDE"
