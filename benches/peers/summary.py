#!/usr/bin/env python3
"""Turns raw.jsonl of a run beside the peers into tables: medians with their range, what was complete and right, and the targets."""
import collections
import json
import platform
import statistics
import subprocess
import sys

SHOWN = {"constat": "constat, capture", "constat+sceau": "constat, capture and seal", "chromium-image": "Chromium, picture of the window",
         "chromium-pdf": "Chromium, print", "single-file": "single-file", "playwright": "script on Playwright, scrolling",
         "scoop": "Scoop", "browsertrix": "browsertrix-crawler"}
median = statistics.median


def read(path: str) -> tuple[dict, dict, dict]:
    """Runs by (tool, page) — our capture and its seal also as one tool —, references by page, absent tools by name."""
    runs, references, absent = collections.defaultdict(list), {}, {}
    captures = {}
    with open(path) as file:
        for line in file:
            row = json.loads(line)
            if "absent" in row:
                absent[row["tool"]] = row["absent"]
            elif row["tool"] == "reference":
                references[row["page"]] = row
            elif row["tool"] == "constat-sceau":
                runs["constat+sceau", row["page"]].append(joined(captures[row["page"]], row))
            else:
                runs[row["tool"], row["page"]].append(row)
                if row["tool"] == "constat":
                    captures[row["page"]] = row
    return runs, references, absent


def joined(capture: dict, seal: dict) -> dict:
    one, two = capture["measure"], seal["measure"]
    measure = {key: round(one[key] + two[key], 3) for key in ("wall_s", "cpu_s")}
    measure |= {"peak_mib": max(one["peak_mib"], two["peak_mib"]), "exit": one["exit"] or two["exit"], "cut": one["cut"] or two["cut"]}
    return {"tool": "constat+sceau", "page": capture["page"], "measure": measure, "quality": capture["quality"] | seal["quality"]}


def tools_of(runs: dict) -> list[str]:
    return [tool for tool in SHOWN if any(t == tool for t, _ in runs)]


def pages_of(runs: dict) -> list[str]:
    return list(dict.fromkeys(page for _, page in runs))


def taken(runs: dict, tool: str, page: str, key: str) -> list:
    return [value for row in runs.get((tool, page), []) if (value := (row["measure"] | row["quality"]).get(key)) is not None]


def typical(runs: dict, tool: str, page: str, key: str) -> float | None:
    values = taken(runs, tool, page, key)
    return median(values) if values else None


def spread(values: list) -> str:
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})" if values else "-"


def ratio(values: list) -> str:
    return f"{values[0]}/{values[1]}" if values else "-"


def costs(runs: dict) -> None:
    print("\n## Cost: medians over pages of the median of the runs (smallest-largest page)\n")
    print("| tool | wall s | CPU s of the tree | peak PSS of the tree, MiB | bytes kept, all pages | without pictures | runs that failed |")
    print("|---|---|---|---|---|---|---|")
    for tool in tools_of(runs):
        per = {key: [v for page in pages_of(runs) if (v := typical(runs, tool, page, key)) is not None]
               for key in ("wall_s", "cpu_s", "peak_mib", "bytes", "bytes_without_pictures")}
        bad = sum(row["measure"]["exit"] != 0 or row["measure"]["cut"] for (t, _), rows in runs.items() if t == tool for row in rows)
        weigh = lambda key: f"{sum(per[key]):,.0f}" if per[key] else "-"  # noqa: E731
        print(f"| {SHOWN[tool]} | {spread(per['wall_s'])} | {spread(per['cpu_s'])} | {spread(per['peak_mib'])} | {weigh('bytes')} "
              f"| {weigh('bytes_without_pictures')} | {bad} |")


def verdicts(runs: dict, references: dict) -> None:
    print("\n## Complete and right: the worst run of each page\n")
    print("Asked: distinct addresses the server answered (below 400) during the same run; patient: those a browser asks that scrolls to the end and waits.")
    print("Height: full-page pictures as tall as the document (40 px allowed) and not of one colour in their last 5 %, of the pages that have a height.\n")
    print("| tool | recorded / asked | recorded / patient | pages with all of it | height right | wacz validate | warcio check |")
    print("|---|---|---|---|---|---|---|")
    for tool in tools_of(runs):
        worst = [min(rows, key=lambda row: row["quality"].get("recorded_of_reference", [0])[0])["quality"] for (t, _), rows in runs.items() if t == tool]
        total = lambda key: ratio([sum(q[key][i] for q in worst if key in q) for i in (0, 1)] if any(key in q for q in worst) else [])  # noqa: E731
        whole = sum(q["recorded_of_reference"][0] == q["recorded_of_reference"][1] for q in worst if "recorded_of_reference" in q)
        tall = [q for q in worst if "picture" in q and q["document_height"]]
        right = sum(abs(q["picture"][1] - q["document_height"]) <= 40 and q["content_to"] >= 0.95 for q in tall)
        said = lambda key: f"{sum(q[key] for q in worst if key in q)}/{len([q for q in worst if key in q])}" if any(key in q for q in worst) else "-"  # noqa: E731
        recorded = any("recorded_of_reference" in q for q in worst)
        print(f"| {SHOWN[tool]} | {total('recorded_of_asked')} | {total('recorded_of_reference')} | {f'{whole}/{len(worst)}' if recorded else '-'} "
              f"| {f'{right}/{len(tall)}' if tall else 'no picture'} | {said('wacz_validate')} | {said('warcio_check')} |")
    marked = [page for page in pages_of(runs) if any("marks" in row["quality"] for (_, p), rows in runs.items() if p == page for row in rows)]
    if marked:
        print("\nMarks of the probes seen at their place in the picture (worst run):\n")
        print("| tool | " + " | ".join(marked) + " |\n|---|" + "---|" * len(marked))
        for tool in tools_of(runs):
            cells = [min(taken(runs, tool, page, "marks"), default=[]) for page in marked]
            if any(cells):
                print(f"| {SHOWN[tool]} | " + " | ".join(ratio(cell) for cell in cells) + " |")
    headers = {SHOWN[tool]: max(values) for tool in tools_of(runs) if (values := taken(runs, tool, "feed", "headers"))}
    if headers:
        print("\nTimes the fixed header of the feed shows in its picture: " + ", ".join(f"{tool} {count}" for tool, count in headers.items()) + ".")


def targets(runs: dict) -> None:
    """Ours against the others, page by page: the ratio of medians, and how many pages keep within the target."""
    print("\n## Against the targets (ratio of medians, page by page)\n\n| ours / theirs | target | median of the pages | worst page | pages within |\n|---|---|---|---|---|")

    def line(what: str, most: float, mine, theirs) -> None:
        found = {page: mine(page) / other for page in pages_of(runs) if mine(page) is not None and (other := theirs(page))}
        if found:
            worst = max(found, key=found.get)
            print(f"| {what} | {most} | {median(found.values()):.2f} | {worst} {found[worst]:.2f} | {sum(v <= most for v in found.values())}/{len(found)} |")

    def of(tool: str, key: str):
        return lambda page: typical(runs, tool, page, key)

    def bare(key: str):
        def both(page: str) -> float | None:
            parts = [typical(runs, tool, page, key) for tool in ("chromium-image", "chromium-pdf")]
            return sum(parts) if None not in parts else None
        return both

    for ours in ("constat", "constat+sceau"):
        for peer in ("scoop", "browsertrix"):
            line(f"wall, {SHOWN[ours]} / {SHOWN[peer]}", 0.4, of(ours, "wall_s"), of(peer, "wall_s"))
        line(f"wall, {SHOWN[ours]} / Chromium picture + print", 1.5, of(ours, "wall_s"), bare("wall_s"))
    for peer in ("scoop", "browsertrix"):
        line(f"CPU, {SHOWN['constat']} / {SHOWN[peer]}", 1.0, of("constat", "cpu_s"), of(peer, "cpu_s"))
        line(f"peak memory, {SHOWN['constat']} / {SHOWN[peer]}", 1.0, of("constat", "peak_mib"), of(peer, "peak_mib"))
        line(f"bundle without pictures / {SHOWN[peer]}", 1.3, of("constat+sceau", "bytes_without_pictures"), of(peer, "bytes_without_pictures"))
        line(f"WARC alone / {SHOWN[peer]}", 1.3, of("constat", "warc_bytes"), of(peer, "warc_bytes"))


def by_page(runs: dict, references: dict) -> None:
    tools = tools_of(runs)
    for key, title in (("wall_s", "Wall s"), ("cpu_s", "CPU s"), ("peak_mib", "Peak MiB"), ("bytes_without_pictures", "Bytes without pictures (those of the peers lie compressed in their WARC: see WARC alone)")):
        print(f"\n## {title}, page by page: median (smallest-largest)\n\n| page (height) | " + " | ".join(tools) + " |\n|---|" + "---|" * len(tools))
        for page in pages_of(runs):
            print(f"| {page} ({references[page]['height']}) | " + " | ".join(
                (spread(v) if key != "bytes_without_pictures" else f"{median(v):,.0f}") if (v := taken(runs, tool, page, key)) else "-" for tool in tools) + " |")


def missing(runs: dict) -> None:
    print("\n## What was asked and not recorded (first run)\n")
    for (tool, page), rows in runs.items():
        if tool != "constat+sceau" and (lost := rows[0]["quality"].get("missing")):
            print(f"- {SHOWN[tool]}, {page}: " + ", ".join("/" + url.split("/", 3)[3] for url in lost[:6]) + (f" and {len(lost) - 6} more" if len(lost) > 6 else ""))


def where(runs: dict) -> None:
    """Where our own time goes: the longest journal lines, summed over the pages (median of the runs)."""
    sums = collections.Counter()
    for (tool, _), rows in runs.items():
        if tool == "constat":
            for _, length, op, path in rows[0]["quality"].get("phases", []):
                kind = path.rsplit("/", 1)[-1].lstrip("0123456789-") if op == "artefact" else op
                sums["".join(c for c in kind if not c.isdigit())] += length
    print("\n## Where our time goes: length before each journal line, all pages, first run\n\n| line | s |\n|---|---|")
    for kind, length in sums.most_common(15):
        print(f"| {kind} | {length / 1000:.1f} |")


def version(*command: str) -> str:
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip().splitlines()[0]
    except (OSError, IndexError):
        return "unknown"


def main() -> None:
    runs, references, absent = read(f"{sys.argv[1]}/raw.jsonl")
    cpu = next((line.split(":", 1)[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "unknown")
    print(f"# {sys.argv[1].rsplit('/', 1)[-1]}\n")
    print(f"`benches/peers.sh` on {platform.platform()}, {cpu}; {version('/usr/lib/chromium/chromium', '--version')}; node {version('node', '--version')}.")
    print(f"{len(pages_of(runs))} pages, {max(map(len, runs.values()))} runs of each tool on each page, tools in turn. Wall is the whole process, browser start included.")
    print("CPU and memory are of the whole tree (orphans too; PSS sampled every 0.1 s: short peaks are missed). All traffic on loopback, no other network.")
    for tool, why in absent.items():
        print(f"Not run: {SHOWN.get(tool, tool)}: {why}.")
    costs(runs)
    verdicts(runs, references)
    targets(runs)
    by_page(runs, references)
    missing(runs)
    where(runs)


if __name__ == "__main__":
    main()
