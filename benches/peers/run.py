#!/usr/bin/env python3
"""Runs every tool on every page, RUNS times in turn, measures each run's process tree and judges what it left; writes raw.jsonl.

usage: run.py RAW.jsonl LOG.jsonl WORK BASE RUNS TOOLS PAGES   (lists separated by spaces; a page is NAME=PATH)
Becomes the reaper of orphans, so that no browser process escapes the count (prctl(2), PR_SET_CHILD_SUBREAPER)."""
import ctypes
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

import quality

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from measure import pss_of, tree_of  # noqa: E402

CEILING_S, SAMPLE_S = 240, 0.1
TOOLS = pathlib.Path(__file__).resolve().parent / "tools"


def cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def reap(until: float) -> None:
    """Waits for what the command left behind; ends what is still there at the instant given."""
    while left := [pid for pid in tree_of(os.getpid()) if pid != os.getpid()]:
        if time.monotonic() > until:
            for pid in left:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            pass
        time.sleep(0.02)


def measured(command: list[str], folder: pathlib.Path) -> dict:
    """Wall and CPU seconds, peak PSS of the tree and status of one command."""
    cpu, start, peak, following, cut = cpu_of_children(), time.monotonic(), 0, 0.0, False
    with open(folder / "stdout.txt", "ab") as out, open(folder / "stderr.txt", "ab") as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True)
    while process.poll() is None and not cut:
        now = time.monotonic()
        if now >= following:
            peak = max(peak, sum(pss_of(pid) for pid in tree_of(os.getpid()) if pid != os.getpid()))
            following = time.monotonic() + SAMPLE_S
        cut = now - start > CEILING_S
        time.sleep(0.01)
    wall = time.monotonic() - start
    reap(time.monotonic() + (0 if cut else 3))
    return {"wall_s": round(wall, 3), "cpu_s": round(cpu_of_children() - cpu, 3), "peak_mib": round(peak / 1024, 1),
            "exit": process.returncode, "cut": cut}


def asked_since(log: pathlib.Path, offset: int) -> list[str]:
    """Addresses the server answered well (below 400) from an offset of its log, each once."""
    with open(log, "rb") as file:
        file.seek(offset)
        lines = [json.loads(line) for line in file.read().splitlines()]
    return sorted({line["url"] for line in lines if line["status"] < 400})


def one(tool: str, name: str, url: str, work: pathlib.Path, log: pathlib.Path, reference: dict | None) -> dict:
    folder = work / tool.removesuffix("-sceau") / name
    if not tool.endswith("-sceau"):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    offset = log.stat().st_size
    row = {"measure": measured([str(TOOLS / f"{tool}.sh"), url, str(folder)], folder)}
    asked = asked_since(log, offset)
    if tool == "reference":
        found = folder / "reference.json"
        return row | {"asked": asked, "height": json.loads(found.read_text())["height"] if found.exists() else None}
    return row | {"asked": len(asked), "quality": quality.judged(tool, name, folder, asked, reference)}


def main() -> None:
    raw, log, work, base, runs, tools, pages = sys.argv[1:]
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
    log, work, pages = pathlib.Path(log), pathlib.Path(work), [page.split("=", 1) for page in pages.split()]
    references = {}
    with open(raw, "a") as out:
        def keep(row: dict) -> None:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
            out.flush()
            short = {k: v for k, v in row.get("quality", {}).items() if k not in ("missing", "phases")}
            print(row["tool"], row["page"], row["run"], row["measure"], short, flush=True)

        for name, path in pages:
            references[name] = one("reference", name, base + path, work, log, None)
            keep({"tool": "reference", "page": name, "run": 0} | references[name])
        for run in range(1, int(runs) + 1):
            for place, (name, path) in enumerate(pages):
                # Another tool begins each time, so that none always finds the machine as the same one left it; a seal follows its capture.
                order = tools.split()
                turn = (run + place) % len(order)
                for tool in order[turn:] + order[:turn]:
                    for step in [tool] + (["constat-sceau"] if tool == "constat" else []):
                        keep({"tool": step, "page": name, "run": run} | one(step, name, base + path, work, log, references[name]))
                    if not os.environ.get("KEEP"):
                        shutil.rmtree(work / tool / name)


if __name__ == "__main__":
    main()
