#!/usr/bin/env python3
"""Follows the memory of a program and of the browser it started, every five seconds until it ends: what a long feed makes grow.
Usage: memory.py PID NAME >FILE.tsv; seconds, the program's own, its descendants' together (anonymous resident memory, MiB)."""
import os
import sys
import time


def sizes(root: int) -> tuple[int, int] | None:
    """Anonymous resident KiB of the process, and of all that descend from it; None once it has ended."""
    children: dict[int, list[int]] = {}
    size: dict[int, int] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/status") as file:
                    field = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
            except OSError:
                continue
            # A process that ended and was not waited for has no memory any more.
            if not field.get("State", "Z").startswith("Z"):
                children.setdefault(int(field["PPid"]), []).append(int(name))
                size[int(name)] = int(field.get("RssAnon", "0 kB").split()[0])
    if root not in size:
        return None
    left, theirs = list(children.get(root, [])), 0
    while left:
        one = left.pop()
        theirs += size.get(one, 0)
        left += children.get(one, [])
    return size[root], theirs


def main() -> int:
    root, name = int(sys.argv[1]), sys.argv[2]
    begun = time.monotonic()
    print(f"secondes\t{name}\tnavigateur", flush=True)
    while (found := sizes(root)) is not None:
        print(f"{time.monotonic() - begun:.0f}\t{found[0] // 1024}\t{found[1] // 1024}", flush=True)
        time.sleep(5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
