#!/usr/bin/env bash
# Why: loads the facts of many acts into each storage of the service of acts, and measures openings, timelines, sizes and memory.
# Usage: benches/signification_pg.sh CHARGE OUT_DIR [ACTS]; CHARGE is the example of that name, built
# (cargo build --release -p signification-postgres --example charge). 730000 acts is a year of a whole chamber; begin with 20000.
# STORAGES="postgresql embarque" chooses. The server is the tests' own: a cluster in a temporary folder, removed at the end.
set -euo pipefail
charge=$(realpath "$1") out=$2 acts=${3:-20000}
read -ra storages <<<"${STORAGES:-postgresql embarque}"
programs=/usr/lib/postgresql/15/bin
[ -x "$programs/postgres" ] || { echo "no PostgreSQL server: install the package postgresql-15" >&2; exit 3; }
mkdir -p "$out"
out=$(realpath "$out")
work=$(mktemp -d)
as=()
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
cluster='' server=''
finish() {
    kill $(jobs -p | grep -vx "${server:-0}") 2>/dev/null || true
    if [ -n "$server" ]; then kill -INT "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    if [ -n "$cluster" ]; then rm -rf "$cluster"; fi
    rm -rf "$work"
}
trap finish EXIT
export PGPASSWORD=banc

sql() { "$programs/psql" -XqAt -v ON_ERROR_STOP=1 -h "$cluster" -U constat -d "$1" -c "$2"; }

# Proportional memory of the server and of all that it started, in KiB.
server_memory() {
    local total=0 pid kib
    for pid in "$server" $(pgrep -P "$server" || true); do
        kib=$(awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null || true)
        total=$((total + ${kib:-0}))
    done
    echo "$total"
}

# The most that it took, looked at every five seconds.
follow_memory() {
    local most=0 now
    while sleep 5; do
        now=$(server_memory)
        if [ "$now" -gt "$most" ]; then most=$now; echo "$most" >"$work/memoire"; fi
    done
}

postgresql() {
    cd /
    cluster=$("${as[@]}" mktemp -d /tmp/constat-banc-XXXXXX)
    "${as[@]}" sh -c "umask 077; echo banc >'$cluster/secret'; exec '$programs/initdb' --no-sync -D '$cluster/data' -U constat \
        --pwfile='$cluster/secret' --auth=scram-sha-256 -E UTF8 --locale=C.UTF-8" >"$work/initdb.log"
    # Safe against a power cut, as Debian sets it; one gigabyte of shared memory, and of transaction log.
    "${as[@]}" "$programs/postgres" -D "$cluster/data" -k "$cluster" -c listen_addresses= -c shared_buffers=1GB \
        -c max_wal_size=1GB >"$work/server.log" 2>&1 &
    server=$!
    until sql postgres 'SELECT 1' >/dev/null 2>&1; do sleep 0.2; done
    sql postgres 'CREATE DATABASE banc'
    (umask 077; echo "postgresql://constat:banc@localhost/banc?host=$cluster" >"$work/base.url")
    follow_memory &
    local follower=$!
    "$charge" "$work/plateforme" "$acts" "$work/base.url" >"$out/postgresql-$acts.json"
    kill "$follower" 2>/dev/null || true
    wait "$follower" 2>/dev/null || true
    {
        printf 'table\toctets\tdont_index\tlignes\n'
        sql banc "SELECT relname || E'\t' || pg_total_relation_size(oid) || E'\t' || pg_indexes_size(oid) || E'\t' ||
            (xpath('/row/n/text()', query_to_xml(format('SELECT count(*) AS n FROM %s', oid::regclass), false, true, '')))[1]
            FROM pg_class WHERE relnamespace = 'signification'::regnamespace AND relkind = 'r' ORDER BY pg_total_relation_size(oid) DESC"
        sql banc "SELECT E'base\t' || pg_database_size('banc') || E'\t\t'"
        sql banc "SELECT E'journal de transactions\t' || sum(size) || E'\t\t' FROM pg_ls_waldir()"
        printf 'memoire_serveur_kio\t%s\t\t\n' "$(cat "$work/memoire" 2>/dev/null || server_memory)"
    } >"$out/postgresql-$acts.tsv"
}

embarque() {
    "$charge" "$work/etude" "$acts" >"$out/embarque-$acts.json"
    {
        printf 'fichier\toctets\n'
        printf 'journal.jsonl\t%s\n' "$(stat -c %s "$work/etude/journal.jsonl")"
        printf 'tables (sled)\t%s\n' "$(du -s --block-size=1 "$work/etude/tables" | cut -f1)"
    } >"$out/embarque-$acts.tsv"
    rm -rf "$work/etude"
}

for storage in "${storages[@]}"; do
    case $storage in
        postgresql) postgresql ;;
        embarque) embarque ;;
        *) echo "unknown storage: $storage" >&2; exit 2 ;;
    esac
done
cat "$out"/*-"$acts".json
