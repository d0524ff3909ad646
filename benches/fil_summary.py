#!/usr/bin/env python3
"""Makes the summary of a gathered feed, ours or the peer's, with the memory that was followed, and the table of both.
Usage: fil_summary.py constat OUT ITEMS JOURNAL VERDICT | autoscroll OUT RAW | tableau OUT"""
import json
import pathlib
import sys


def thirds(path: pathlib.Path, column: int) -> list[float]:
    """Mean of the first and of the last third of what was followed, MiB."""
    rows = [line.split("\t") for line in path.read_text().splitlines()[1:]]
    third = max(1, len(rows) // 3)
    return [round(sum(int(row[column]) for row in part) / max(1, len(part)), 1) for part in (rows[:third], rows[-third:])]


def keep(path: pathlib.Path, summary: dict) -> None:
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    path.write_text(text + "\n")
    print(text)


def constat(out: pathlib.Path, items: str, journal: str, verdict: str) -> None:
    with open(journal) as file:
        lines = [json.loads(line) for line in file]
    begin = next(l for l in lines if l["op"] == "step.begin" and l["data"]["kind"] == "recueillir")
    end = next(l for l in lines if l["op"] == "step.end" and l["data"]["kind"] == "recueillir")
    facts, seconds = end["data"], (end["mono_us"] - begin["mono_us"]) / 1e6
    keep(out / "resume.json", {
        "verdict": json.loads(pathlib.Path(verdict).read_text())["verdict"],
        "items": int(items), "collected": facts["collected"], "reason": facts["reason"], "whole": facts["whole"], "cut": facts["cut"], "counter": facts["counter"],
        "not_gathered_of_traffic": (facts["traffic"] or {}).get("not_gathered"), "views": facts["views"], "plates": facts["plates"],
        "most_items_in_document": facts["most_items"], "seconds": round(seconds, 1), "items_per_second": round(facts["collected"] / seconds, 2),
        "constat_mib_first_and_last_third": thirds(out / "memoire.tsv", 1),
        "browser_mib_first_and_last_third": thirds(out / "memoire.tsv", 2),
    })


def autoscroll(out: pathlib.Path, raw: str) -> None:
    summary = json.loads(pathlib.Path(raw).read_text())
    memory = out / "autoscroll-memoire.tsv"
    summary["driver_mib_first_and_last_third"] = thirds(memory, 1)
    summary["browser_mib_first_and_last_third"] = thirds(memory, 2)
    keep(out / "autoscroll.json", summary)


def table(out: pathlib.Path) -> None:
    """Both beside each other; what one of them does not do is a dash, never a nought."""
    ours, theirs = (json.loads((out / name).read_text()) for name in ("resume.json", "autoscroll.json"))
    memory = lambda one: " puis ".join(f"{n:g}" for n in one["browser_mib_first_and_last_third"])
    end = {"bottom": "bas du fil", "of itself": "d'elle-même"}
    rows = [
        ("publications du fil", ours["items"], theirs["items"]),
        ("durée, s", ours["seconds"], theirs["seconds"]),
        ("fin", end.get(ours["reason"], ours["reason"]), end.get(theirs["ended"], "limite de durée")),
        ("reçues par le réseau", "-", theirs["given_by_network"]),
        ("passées par le document", "-", theirs["in_document"]),
        ("toutes leurs rangées dans la fenêtre", "-", theirs["whole_in_window"]),
        ("… et leur photographie chargée", "-", theirs["whole_in_window_with_picture"]),
        ("recueillies une à une (image, texte, adresse)", ours["collected"], "-"),
        ("entières sur les images gardées", ours["whole"], "-"),
        ("par seconde (recueillies ; passées par le document)", ours["items_per_second"], theirs["items_per_second"]),
        ("mémoire du navigateur, Mio (premier et dernier tiers)", memory(ours), memory(theirs)),
    ]
    lines = [f"| | constat, recueillir | {theirs['tool']} |", "|---|---|---|", *(f"| {a} | {b} | {c} |" for a, b, c in rows)]
    (out / "tableau.md").write_text("\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    what, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    {"constat": constat, "autoscroll": autoscroll, "tableau": table}[what](folder, *sys.argv[3:])
