#!/usr/bin/env python3
"""Turns benches/runs/DATE/raw.jsonl into a table of medians with their range."""
import collections
import json
import platform
import statistics
import subprocess
import sys


def first_line(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().splitlines()[0]


def main() -> None:
    folder = sys.argv[1]
    rows, sizes = collections.defaultdict(list), {}
    with open(f"{folder}/raw.jsonl") as file:
        for line in file:
            row = json.loads(line)
            if row["what"] == "bytes":
                sizes[row["page"]] = row["bundle"]
            else:
                rows[row["page"], row["what"]].append(row["measure"])
    cpu = next((l.split(":", 1)[1].strip() for l in open("/proc/cpuinfo") if l.startswith("model name")), "unknown")
    print(f"# Run of {folder.rsplit('/', 1)[-1]}\n")
    print(f"`make bench` on {platform.platform()}, {cpu}; {first_line('chromium', '--version')}; {first_line('openssl', 'version')}.")
    print(f"Binaries built with the {sys.argv[2]} profile (see Cargo.toml).")
    print("Median (minimum-maximum) of the runs. Peak memory: PSS of the whole tree sampled every 0.1 s, then of the command alone.")
    print("`constat-capture` takes every exchange, pictures, DOM, text and print; Chromium's screenshot is one picture of the window.\n")
    print("| page | what | wall s | CPU s of the command | peak tree MiB | peak own MiB | MB/s of bundle | exit |")
    print("|---|---|---|---|---|---|---|---|")
    for (page, what), measures in rows.items():
        def cell(key: str) -> str:
            values = [m[key] for m in measures]
            return f"{statistics.median(values):g} ({min(values):g}-{max(values):g})"
        wall = statistics.median(m["wall_s"] for m in measures)
        rate = f"{sizes[page] / wall / 1e6:.0f}" if page in sizes and what != "constat-capture" and "chromium" not in what else ""
        exits = sorted({m["exit"] for m in measures})
        print(f"| {page} | {what} | {cell('wall_s')} | {cell('cpu_s')} | {cell('peak_tree_mib')} | {cell('peak_own_mib')} | {rate} | {exits} |")
    print("\nBundle sizes: " + ", ".join(f"{page} {size:,} bytes" for page, size in sizes.items()) + ".")


if __name__ == "__main__":
    main()
