#!/usr/bin/env python3
"""Serves the corpus of the benches on two loopback ports the system chooses, and writes every answer to a log: what was asked is the truth.

usage: corpus.py ADDRESSES.json LOG.jsonl PREFIX=FOLDER…"""
import functools
import gzip
import http.server
import json
import mimetypes
import pathlib
import sys
import threading
import urllib.parse

import probes

PACKED = ("text/", "application/json", "application/javascript", "image/svg")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    site: dict[str, tuple[str, bytes]] = {}
    mounts: list[tuple[str, pathlib.Path]] = []
    log = None
    lock = threading.Lock()

    def find(self, path: str) -> tuple[int, str, bytes]:
        """Status, media type and octets of an address."""
        if path in self.site:
            return 200, *self.site[path]
        for prefix, folder in self.mounts:
            if path.startswith(prefix):
                file = (folder / path[len(prefix):]).resolve() if ".." not in path.split("/") else folder
                file = file / "index.html" if file.is_dir() else file
                if file.is_file():
                    return 200, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes()
        return 404, "text/plain", b"absent\n"

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        if path == "/probes/redirect":
            status, kind, octets = 302, "text/plain", b""
        elif path == "/probes/echo":
            status, kind, octets = 200, "application/json", b'{"echo":true}'
        else:
            status, kind, octets = self.find(path)
        packed = "gzip" in self.headers.get("accept-encoding", "") and kind.startswith(PACKED) and len(octets) > 1000
        if packed:
            octets = pack(octets)
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(octets)))
        if packed:
            self.send_header("content-encoding", "gzip")
        if status == 302:
            self.send_header("location", "/probes/target.json")
        if "/file/" in path:
            self.send_header("content-disposition", "attachment")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(octets)
        # A proxy may ask by the whole address (RFC 9112 section 3.2.2).
        url = self.path if self.path.startswith("http://") else f"http://{self.headers.get('host')}{self.path}"
        line = {"status": status, "method": self.command, "url": url, "bytes": len(octets)}
        with self.lock:
            self.log.write(json.dumps(line) + "\n")
            self.log.flush()

    do_GET = do_POST = do_HEAD = answer

    def log_message(self, *_) -> None:
        """The log is ours, above."""


@functools.lru_cache(maxsize=4096)
def pack(octets: bytes) -> bytes:
    return gzip.compress(octets, 6, mtime=0)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_) -> None:
        """A browser that hangs up is no news."""


def main() -> None:
    addresses, log, *mounts = sys.argv[1:]
    servers = [Server(("127.0.0.1", 0), Handler) for _ in range(2)]
    base, other = (f"http://127.0.0.1:{server.server_address[1]}" for server in servers)
    mimetypes.add_type("text/javascript", ".js")
    mimetypes.add_type("font/woff2", ".woff2")
    Handler.site = probes.site(other)
    Handler.mounts = [(prefix, pathlib.Path(folder).resolve()) for prefix, folder in (m.split("=", 1) for m in mounts)]
    Handler.log = open(log, "a")
    threads = [threading.Thread(target=server.serve_forever) for server in servers]
    for thread in threads:
        thread.start()
    pathlib.Path(addresses).write_text(json.dumps({"base": base, "other": other}))
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
