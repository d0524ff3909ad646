"""Lists the records of a WARC file as warcio reads them: the judge beside our own reader.

Usage: warcio_dump.py FILE; one JSON object a line: kind, uri, id, head (start line of an HTTP message), bytes, sha256.
The body is that of the record as stored: no transfer or content coding is undone.
"""
import hashlib
import json
import sys

from warcio.archiveiterator import ArchiveIterator

with open(sys.argv[1], "rb") as file:
    for record in ArchiveIterator(file, check_digests="raise", no_record_parse=False):
        digest, octets = hashlib.sha256(), 0
        while piece := record.raw_stream.read(1 << 16):
            digest.update(piece)
            octets += len(piece)
        print(json.dumps({
            "kind": record.rec_type,
            "uri": record.rec_headers.get_header("WARC-Target-URI") or "",
            "id": record.rec_headers.get_header("WARC-Record-ID"),
            "head": record.http_headers.statusline if record.http_headers else "",
            "bytes": octets,
            "sha256": digest.hexdigest(),
        }))
