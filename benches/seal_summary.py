#!/usr/bin/env python3
"""Makes the table of a run of benches/seal.sh: throughput, memory, and the ratios the targets are stated in."""
import json
import pathlib
import platform
import statistics
import subprocess
import sys


def main() -> int:
    out, profile, many = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    rows = [json.loads(line) for line in (out / "raw.jsonl").read_text().splitlines()]
    openssl = subprocess.run(["openssl", "version"], capture_output=True, text=True, check=True).stdout.strip()
    print(f"# {out.name}\n\n`benches/seal.sh` on {platform.platform()}, {profile} profile; {openssl}.")
    print("Wall is the whole process; memory is the peak of the process itself. Loopback only.\n")
    print("| what | case | octets | wall s, median (all) | MB/s | CPU s | peak MiB |\n|---|---|---|---|---|---|---|")
    walls: dict[tuple[str, str], float] = {}
    for key in dict.fromkeys((row["what"], row["case"]) for row in rows):
        of = [row for row in rows if (row["what"], row["case"]) == key]
        times = [row["measure"]["wall_s"] for row in of]
        wall = statistics.median(times)
        walls[key] = wall
        size = of[0]["bytes"]
        cpu = statistics.median(row["measure"]["cpu_s"] for row in of)
        peak = max(row["measure"]["peak_own_mib"] for row in of)
        print(f"| {key[0]} | {key[1]} | {size:,} | {wall:.2f} ({', '.join(f'{t:.2f}' for t in times)}) "
              f"| {size / wall / 1e6:,.0f} | {cpu:.2f} | {peak:.0f} |")
    print("\n| ratio | target | found |\n|---|---|---|")
    bytes_of = {(row["what"], row["case"]): row["bytes"] for row in rows}

    def rate(what: str, case: str) -> float:
        return bytes_of[what, case] / walls[what, case]

    def ratio(name: str, target: str, value: float) -> None:
        print(f"| {name} | {target} | {value:.2f} |")

    ratio("throughput, seal / openssl (1 GiB)", "≥ 0.6", rate("constat-seal", "grand") / rate("openssl-sha256", "grand"))
    ratio("throughput, verify / openssl (1 GiB)", "≥ 0.8", rate("constat-verify", "grand") / rate("openssl-sha256", "grand"))
    tools = walls["wacz-validate", "moyen"] + walls["warcio-check", "moyen"]
    ratio("wacz validate + warcio check / verify (200 MB)", "≥ 5", tools / walls["constat-verify", "moyen"])
    ratio(f"{many} × (unzip, sha256sum, openssl cms, ts) / verify of the folder", "≥ 20",
          walls["openssl-many", "petits"] / walls["constat-many", "petits"])
    return 0


if __name__ == "__main__":
    sys.exit(main())
