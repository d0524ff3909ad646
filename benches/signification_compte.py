#!/usr/bin/env python3
"""Why: counts what a platform of acts wrote, without its programs: the chain of the journal, each fact and each stored receipt
of each act, and a few signatures and tokens with OpenSSL.

Usage: signification_compte.py FOLDER ROOT_PEM ACTS; FOLDER holds journal.jsonl and pieces.jsonl. Prints JSON; fails when an act
lacks a fact or a receipt, or has one twice.
"""
import base64
import collections
import hashlib
import json
import pathlib
import subprocess
import sys
import tempfile

# Of each act: the fact of the journal, how often, and the receipt that attests it, always one. The recipient opens, and the
# taking of the act opens it again: two openings are told, the first is attested.
EXPECTED = {
    "signification.act.sent": (1, "SubmissionAcceptance"),
    "signification.act.deposited": (1, "ContentConsignment"),
    "signification.notice.accepted": (1, "ConsignmentNotification"),
    "signification.act.consulted": (2, "ContentAccessTracking"),
    "signification.act.downloaded": (1, "ContentHandover"),
}


def journal(path):
    """The lines, each bound to the one before."""
    prev, number = "0" * 64, 0
    with open(path, "rb") as lines:
        for line in lines:
            octets = line.rstrip(b"\n")
            entry = json.loads(octets)
            if entry["prev"] != prev or entry["seq"] != number:
                sys.exit(f"line {number}: the chain is broken")
            prev, number = hashlib.sha256(octets).hexdigest(), number + 1
            yield entry


def openssl(root, evidence, signature, token):
    """What OpenSSL says of one receipt: signature, and token when it has its own."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "e").write_bytes(evidence)
        (folder / "s").write_bytes(signature)
        cms = ["openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "s", "-content", "e"]
        done = [subprocess.run([*cms, "-CAfile", root, "-purpose", "any", "-out", "o"], cwd=folder, capture_output=True)]
        if token is not None:
            (folder / "t").write_bytes(token)
            ts = ["openssl", "ts", "-verify", "-data", "e", "-in", "t", "-token_in", "-CAfile", root]
            done.append(subprocess.run(ts, cwd=folder, capture_output=True))
        return all(one.returncode == 0 for one in done)


def main():
    folder, root, wanted = pathlib.Path(sys.argv[1]), str(pathlib.Path(sys.argv[2]).resolve()), int(sys.argv[3])
    facts, announced, lines, points = collections.Counter(), {}, 0, 0
    for entry in journal(folder / "journal.jsonl"):
        lines += 1
        data = entry["data"]
        if entry["op"] in EXPECTED:
            facts[data["act"], entry["op"]] += 1
        elif entry["op"] == "signification.receipt.made":
            if data["receipt"] in announced:
                sys.exit(f"receipt {data['receipt']} announced twice")
            announced[data["receipt"]] = (data["seq"], data["digests"]["sha256"])
        points += entry["op"] == "signification.journal.point"
    acts = {act for act, _ in facts}
    seqs = collections.Counter(seq for seq, _ in announced.values())
    stored, by_seq, kinds = collections.Counter(), collections.Counter(), collections.Counter()
    sample, seen, tokens, signatures = {}, 0, 0, 0
    with open(folder / "pieces.jsonl", "rb") as pieces:
        for line in pieces:
            piece = json.loads(line)
            kind, name = piece["kind"], piece["id"].replace("-", "")
            kinds[kind] += 1
            if kind not in ("preuve", "signature", "jeton"):
                continue
            octets = base64.b64decode(piece["octets"])
            if hashlib.sha256(octets).hexdigest() != piece["sha256"]:
                sys.exit(f"piece {piece['id']} is damaged")
            if kind == "preuve":
                seen += 1
                evidence = json.loads(octets)
                known = announced.get(piece["id"])
                if known is None or known != (evidence["journal"]["seq"], piece["sha256"]):
                    sys.exit(f"receipt {piece['id']} is not what the journal announces")
                if evidence.get("act_id"):
                    stored[evidence["act_id"], evidence["event"]["uri"].rsplit("/", 1)[1]] += 1
                by_seq[evidence["journal"]["seq"]] += 1
                if seen % max(1, len(announced) // 40) == 0:
                    sample[name] = {"preuve": octets}
            elif name in sample:
                sample[name][kind] = octets
    good = [openssl(root, one["preuve"], one["signature"], one.get("jeton")) for one in sample.values()]
    wrong = [(act, op) for act in acts for op, (times, _) in EXPECTED.items() if facts[act, op] != times]
    lacking = [(act, kind) for act in acts for _, kind in EXPECTED.values() if stored[act, kind] != 1]
    told = {
        "actes": len(acts),
        "lignes": lines,
        "chaine": "entière",
        "faits_attendus_absents_ou_doubles": len(wrong),
        "recepisses_absents_ou_doubles": len(lacking),
        "lignes_attestees_deux_fois": sum(1 for times in (seqs | by_seq).values() if times != 1),
        "recepisses_annonces": len(announced),
        "recepisses_gardes": seen,
        "points_de_controle": points,
        "pieces": dict(kinds),
        "verifies_par_openssl": len(good),
        "refuses_par_openssl": good.count(False),
    }
    print(json.dumps(told, ensure_ascii=False))
    fair = not wrong and not lacking and len(acts) == wanted and len(announced) == seen and all(good)
    if not fair or told["lignes_attestees_deux_fois"]:
        sys.exit(f"{wrong[:3]} {lacking[:3]}")


main()
