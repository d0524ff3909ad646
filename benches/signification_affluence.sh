#!/usr/bin/env bash
# Why: a platform with its portal under a crowd: ACTS acts deposited, sent and noticed, then taken over HTTP by RECIPIENTS people
# at once; then every receipt counted by other means than the platform's, and some checked with OpenSSL.
# Usage: benches/signification_affluence.sh AFFLUENCE OUT_DIR [ACTS] [RECIPIENTS]; AFFLUENCE is the example of that name, built
# (cargo build --release -p signification-portail --example affluence). Begin with 1000 acts.
# STORAGES="postgresql embarque" chooses. WORK is where the platform lies while it is measured (a real disk, not a memory one).
set -euo pipefail
affluence=$(realpath "$1") out=$2 acts=${3:-1000} recipients=${4:-200}
here=$(cd "$(dirname "$0")" && pwd)
read -ra storages <<<"${STORAGES:-embarque postgresql}"
programs=/usr/lib/postgresql/15/bin
mkdir -p "$out"
out=$(realpath "$out")
work=$(mktemp -d -p "${WORK:-/var/tmp}")
chmod 755 "$work"
as=()
[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=postgres --regid=postgres --init-groups)
cluster='' server=''
finish() {
    if [ -n "$server" ]; then kill -INT "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
    if [ -n "$cluster" ]; then rm -rf "$cluster"; fi
    rm -rf "$work"
}
trap finish EXIT
export PGPASSWORD=banc
ulimit -n 65536 2>/dev/null || true

sql() { "$programs/psql" -XqAt -v ON_ERROR_STOP=1 -h "$cluster" -U constat -d "$1" -c "$2"; }

# A root, the office's key and a timestamp authority.
pki() {
    mkdir -p "$1"
    cd "$1"
    local new=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
    openssl req -x509 "${new[@]}" -days 3650 -subj '/CN=Racine ESSAI' -keyout root.key -out root.pem 2>/dev/null
    issue() {
        printf 'basicConstraints=CA:FALSE\n%s\n' "$3" >"$1.cnf"
        openssl req "${new[@]}" -subj "/CN=$2" -keyout "$1.key" -out "$1.csr" 2>/dev/null
        openssl x509 -req -in "$1.csr" -CA root.pem -CAkey root.key -CAcreateserial -days 3650 -extfile "$1.cnf" -out "$1.pem" 2>/dev/null
    }
    issue signer 'Etude ESSAI' $'keyUsage=critical,digitalSignature,nonRepudiation\nsubjectKeyIdentifier=hash'
    issue tsa 'Horodatage ESSAI' $'keyUsage=critical,digitalSignature\nextendedKeyUsage=critical,timeStamping'
    printf '[tsa]\ndefault_tsa=t\n[t]\nserial=%s/serial\ndefault_policy=1.2.3.4.1\ndigests=sha256\nsigner_digest=sha256\ness_cert_id_alg=sha256\n' \
        "$1" >tsa.cnf
    echo 01 >serial
    openssl pkcs8 -topk8 -nocrypt -in signer.key -outform DER -out signer.p8
    openssl x509 -in signer.pem -outform DER -out signer.der
    openssl x509 -in signer.pem -noout -ext subjectKeyIdentifier | tail -n 1 | tr -d ' :\n' >signer.ski
    cd - >/dev/null
}

start_postgresql() {
    cd /
    cluster=$("${as[@]}" mktemp -d /var/tmp/constat-banc-XXXXXX)
    "${as[@]}" sh -c "umask 077; echo banc >'$cluster/secret'; exec '$programs/initdb' --no-sync -D '$cluster/data' -U constat \
        --pwfile='$cluster/secret' --auth=scram-sha-256 -E UTF8 --locale=C.UTF-8" >"$work/initdb.log"
    # Safe against a power cut, as Debian sets it.
    "${as[@]}" "$programs/postgres" -D "$cluster/data" -k "$cluster" -c listen_addresses= -c shared_buffers=512MB \
        -c max_wal_size=1GB >"$work/server.log" 2>&1 &
    server=$!
    until sql postgres 'SELECT 1' >/dev/null 2>&1; do sleep 0.2; done
    sql postgres 'CREATE DATABASE banc'
    sql postgres 'CREATE DATABASE temoin'
    # The peer: what the server does when each transaction is one inserted row of 4 kB.
    sql temoin 'CREATE TABLE ligne (seq bigserial PRIMARY KEY, octets bytea)'
    echo "INSERT INTO ligne (octets) VALUES (decode(repeat('ab', 4096), 'hex'));" >"$work/temoin.sql"
    for sessions in 1 8; do
        /usr/bin/pgbench -n -h "$cluster" -U constat -c "$sessions" -j 2 -T 5 -f "$work/temoin.sql" temoin 2>/dev/null |
            awk -v n="$sessions" '/^tps/ { print "insertions_par_s_" n "_session\t" $3 }'
    done >"$out/postgresql-$acts-temoin.tsv"
    (umask 077; echo "postgresql://constat:banc@localhost/banc?host=$cluster" >"$work/base.url")
}

# The journal and the stored receipts as two files of lines, by the database's own means.
copy_postgresql() {
    sql banc "COPY (SELECT convert_from(octets, 'UTF8') FROM signification.ligne ORDER BY seq) TO STDOUT WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')" >"$1/journal.jsonl"
    sql banc "COPY (SELECT json_build_object('id', id, 'kind', genre, 'octets', translate(encode(octets, 'base64'), E'\n', ''), 'sha256', encode(sha256, 'hex')) FROM signification.piece ORDER BY rang) TO STDOUT WITH (FORMAT csv, DELIMITER E'\x01', QUOTE E'\x02')" >"$1/pieces.jsonl"
}

for storage in "${storages[@]}"; do
    run="$work/$storage"
    pki "$work/pki-$storage"
    mkdir -p "$run"
    address=()
    if [ "$storage" = postgresql ]; then start_postgresql; address=("$work/base.url"); fi
    "$affluence" "$run" "$acts" "$recipients" "$work/pki-$storage" "${address[@]}" >"$out/$storage-$acts.json"
    {
        printf 'quoi\toctets\n'
        du -s --block-size=1 "$run/plateforme" | awk '{ print "plateforme\t" $1 }'
        for one in journal.jsonl pieces.jsonl tables coffre registre comptes cles; do
            if [ -e "$run/plateforme/$one" ]; then du -s --block-size=1 "$run/plateforme/$one" | awk -v n="$one" '{ print n "\t" $1 }'; fi
        done
        if [ "$storage" = postgresql ]; then sql banc "SELECT E'base\t' || pg_database_size('banc')"; fi
    } >"$out/$storage-$acts-disque.tsv"
    copied="$run/plateforme"
    if [ "$storage" = postgresql ]; then copied="$work/copie"; mkdir -p "$copied"; copy_postgresql "$copied"; fi
    python3 "$here/signification_compte.py" "$copied" "$work/pki-$storage/root.pem" "$acts" >"$out/$storage-$acts-compte.json"
    jq -c '{actes, destinataires, depots_par_s, remises_par_s, memoire_maximum_mio}' "$out/$storage-$acts.json"
    cat "$out/$storage-$acts-compte.json"
    rm -rf "$run"
done
