"""Judges what a tool left for a page: what it recorded of what was asked, how its picture compares with the document, what it weighs."""
import json
import os
import pathlib
import re
import subprocess
import zipfile

from PIL import Image
from warcio.archiveiterator import ArchiveIterator

import probes

Image.MAX_IMAGE_PIXELS = None
WACZ = os.environ.get("WACZ", "wacz")
WARCIO = os.environ.get("WARCIO", "warcio")
NEAR = 24


def judged(*arguments) -> dict:
    """What judge finds; files that cannot be read are a result, not the end of the run."""
    try:
        return judge(*arguments)
    except Exception as error:  # noqa: BLE001
        return {"unreadable": f"{type(error).__name__}: {error}"[:300]}


def judge(tool: str, name: str, folder: pathlib.Path, asked: list[str], reference: dict) -> dict:
    """Everything measured on the files of one run; what a tool does not make is absent."""
    found = {}
    pictures, main = pictures_of(tool, folder)
    if tool == "constat":
        found["phases"] = phases(folder / "page" / "journal.jsonl")
    if tool == "constat-sceau":
        bundle = folder / "page.asice"
        if bundle.exists():
            found |= weights(bundle.stat().st_size, pictured_in_bundle(bundle)) | validated(inner_package(bundle, folder))
        return found
    warcs = sorted((folder / "page" / "archive").glob("*.warc.gz")) if tool == "constat" else unpacked(folder)
    recorded = recorded_in(warcs) if warcs else har(folder / "page.har")
    if recorded is not None:
        found |= against(recorded, asked, reference)
    if tool in ("scoop", "browsertrix"):
        for package in packages(folder):
            found |= weights(package.stat().st_size, pictured_in_warcs(warcs)) | validated(package)
    elif tool != "constat":
        found |= weights(sum(f.stat().st_size for f in folder.glob("page.*")), sum(f.stat().st_size for f in folder.glob("page.p*")))
    if warcs:
        found["warcio_check"] = all(subprocess.run([WARCIO, "check", warc], capture_output=True).returncode == 0 for warc in warcs)
        found["warc_bytes"] = sum(warc.stat().st_size for warc in warcs) - (0 if tool == "constat" else pictured_in_warcs(warcs))
    return found | seen(name, main, pictures, reference)


def against(recorded: set[str], asked: list[str], reference: dict) -> dict:
    """Recorded of what this run asked, and of what a patient browser asks."""
    own, patient = set(asked), set(reference["asked"])
    return {"recorded_of_asked": [len(own & recorded), len(own)], "recorded_of_reference": [len(patient & recorded), len(patient)],
            "missing": sorted((own | patient) - recorded)[:20]}


def packages(folder: pathlib.Path) -> list[pathlib.Path]:
    return [path for path in folder.rglob("*.wacz") if path.name != "inner.wacz"]


def unpacked(folder: pathlib.Path) -> list[pathlib.Path]:
    """The WARC files inside the packages of a run."""
    out = []
    for package in packages(folder):
        with zipfile.ZipFile(package) as archive:
            for member in archive.namelist():
                if member.startswith("archive/") and ".warc" in member:
                    out.append(pathlib.Path(archive.extract(member, folder / "unpacked")))
    return out


def address_of(record) -> str:
    uri = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>")
    return re.sub(r"[?&]__wb_method=.*$", "", uri)


def is_picture(record) -> bool:
    uri = address_of(record)
    return record.rec_type in ("response", "resource") and (uri.startswith("urn:fullPage") or uri == "file:///screenshot.png")


def recorded_in(warcs: list[pathlib.Path]) -> set[str]:
    found = set()
    for warc in warcs:
        with open(warc, "rb") as file:
            found |= {address_of(record) for record in ArchiveIterator(file) if record.rec_type in ("response", "revisit")}
    return found


def har(path: pathlib.Path) -> set[str] | None:
    if not path.exists():
        return None
    entries = json.loads(path.read_text())["log"]["entries"]
    return {e["request"]["url"] for e in entries if e["response"]["status"] > 0}


def pictured_in_warcs(warcs: list[pathlib.Path]) -> int:
    """Octets of the records that hold pictures, as they lie in the file (each a gzip member)."""
    total = 0
    for warc in warcs:
        with open(warc, "rb") as file:
            records = ArchiveIterator(file)
            for record in records:
                if is_picture(record):
                    records.read_to_end(record)
                    total += records.get_record_length()
    return total


def inner_package(bundle: pathlib.Path, folder: pathlib.Path) -> pathlib.Path | None:
    with zipfile.ZipFile(bundle) as outer:
        for member in outer.namelist():
            if member.endswith(".wacz"):
                (folder / "inner.wacz").write_bytes(outer.read(member))
                return folder / "inner.wacz"
    return None


def pictured_in_bundle(bundle: pathlib.Path) -> int:
    """Pictures and prints that we made ourselves, as they lie in the bundle."""
    with zipfile.ZipFile(bundle) as archive:
        return sum(i.compress_size for i in archive.infolist() if i.filename.startswith("screens/") or i.filename.endswith("-impression.pdf"))


def weights(total: int, pictures: int) -> dict:
    return {"bytes": total, "bytes_without_pictures": total - pictures}


def validated(package: pathlib.Path | None) -> dict:
    if package is None:
        return {"wacz_validate": False}
    return {"wacz_validate": subprocess.run([WACZ, "validate", "-f", package], capture_output=True).returncode == 0}


def pictures_of(tool: str, folder: pathlib.Path) -> tuple[list[pathlib.Path], pathlib.Path | None]:
    """Every picture of a run, and the one of the whole page."""
    if tool == "constat":
        screens = folder / "page" / "screens"
        page = screens / "0001-page.png"
        return sorted(screens.glob("*.png")), page if page.exists() else None
    for warc in unpacked(folder):
        with open(warc, "rb") as file:
            for record in ArchiveIterator(file):
                if is_picture(record):
                    octets = record.content_stream().read()
                    # Scoop's record holds a second status line before the picture.
                    (folder / "page.png").write_bytes(octets[max(0, octets.find(b"\x89PNG")):])
    png = folder / "page.png"
    return ([png], png) if png.exists() else ([], None)


def seen(name: str, main: pathlib.Path | None, pictures: list[pathlib.Path], reference: dict) -> dict:
    """Size of the whole page's picture, how far down it holds anything, and the marks of a probe that can be seen."""
    found = {"pictures": len(pictures)}
    if main is not None:
        with Image.open(main) as picture:
            rgb = picture.convert("RGB")
        found |= {"picture": list(rgb.size), "document_height": reference["height"], "content_to": content_to(rgb)}
        if marks := probes.marks(name):
            found["marks"] = [sum(close(rgb, x, y, c) for x, y, c in marks), len(marks)]
        if name == "feed":
            found["headers"] = runs_of(rgb, 1200, probes.HEADER)
    if colours := probes.anywhere(name):
        left = set(colours)
        for path in pictures:
            with Image.open(path) as picture:
                small = picture.convert("RGB").resize((max(1, picture.width // 10), max(1, picture.height // 10)), Image.Resampling.NEAREST)
            for count, pixel in small.getcolors(maxcolors=small.width * small.height):
                if count >= 100:
                    left -= {c for c in left if max(abs(a - b) for a, b in zip(c, pixel)) <= NEAR / 2}
        found["marks"] = [len(colours) - len(left), len(colours)]
    return found


def close(picture: Image.Image, x: int, y: int, wanted: tuple[int, int, int]) -> bool:
    if x >= picture.width or y >= picture.height:
        return False
    pixel = picture.crop((x - 3, y - 3, x + 4, y + 4)).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    return max(abs(a - b) for a, b in zip(pixel, wanted)) < NEAR


def runs_of(picture: Image.Image, x: int, wanted: tuple[int, int, int]) -> int:
    """How many separate times a colour shows down a column: a fixed header must show once."""
    column = [max(abs(a - b) for a, b in zip(picture.getpixel((x, y)), wanted)) < 6 for y in range(0, picture.height, 4)]
    return sum(now and not before for before, now in zip([False] + column, column))


def content_to(picture: Image.Image) -> float:
    """Where the last row that is not of one colour lies, as a share of the height."""
    grey = picture.convert("L").resize((64, picture.height), Image.Resampling.BOX)
    for y in range(picture.height - 1, -1, -1):
        low, high = grey.crop((0, y, 64, y + 1)).getextrema()
        if high - low > 6:
            return round((y + 1) / picture.height, 3)
    return 0.0


def phases(journal: pathlib.Path) -> list[list]:
    """Where the time of a capture went: instant (ms) and length (ms) of each journal line that took more than 20 ms."""
    if not journal.exists():
        return []
    found, before = [], 0
    for line in journal.read_text().splitlines():
        entry = json.loads(line)
        now = entry["mono_us"] // 1000
        if now - before >= 20:
            found.append([now, now - before, entry["op"], str(entry["data"].get("path") or entry["data"].get("code") or "")])
        before = now
    return found
