#!/usr/bin/env python3
"""Runs one command and prints wall and CPU seconds and peak memory (PSS of the whole tree, RSS of the command) as JSON."""
import json
import os
import subprocess
import sys
import threading
import time


def pss_of(pid: int) -> int:
    """Proportional set size of one process in KiB; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            return sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
    except (OSError, IndexError, ValueError):
        return 0


def tree_of(root: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
            except (OSError, IndexError, ValueError):
                continue
            children.setdefault(parent, []).append(int(name))
    found, queue = [], [root]
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue.extend(children.get(pid, []))
    return found


def main() -> int:
    start = time.monotonic()
    process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    peak = {"tree": 0, "own": 0}
    done = threading.Event()

    def sample() -> None:
        while not done.wait(0.1):
            peak["tree"] = max(peak["tree"], sum(pss_of(pid) for pid in tree_of(process.pid)))
            peak["own"] = max(peak["own"], pss_of(process.pid))

    sampler = threading.Thread(target=sample)
    sampler.start()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    done.set()
    sampler.join()
    print(json.dumps({
        "wall_s": round(wall, 3),
        "cpu_s": round(usage.ru_utime + usage.ru_stime, 3),
        "peak_tree_mib": round(peak["tree"] / 1024, 1),
        "peak_own_mib": round(max(peak["own"], usage.ru_maxrss) / 1024, 1),
        "exit": os.waitstatus_to_exitcode(status),
    }))
    return 0


if __name__ == "__main__":
    sys.exit(main())
