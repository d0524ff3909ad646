"""Why: the typst compiler alone: ten pages of text, one picture a page with its caption, PDF/A-3b. Usage: TILES_FOLDER OUT.pdf"""
import glob
import json
import os
import sys
import time

import typst

folder, out = sys.argv[1], sys.argv[2]
tiles = sorted(glob.glob(os.path.join(folder, "*.png")))
text = '#set document(title: "Acte", date: datetime(year: 2026, month: 11, day: 21))\n#set page(paper: "a4", margin: 17mm)\n#set text(size: 10.5pt, lang: "fr")\n'
text += "= Texte\n" + "\n\n".join("#lorem(95)" for _ in range(60)) + "\n"
for n, tile in enumerate(tiles):
    text += f'#figure(image("{os.path.basename(tile)}", width: 176mm, alt: "Capture {n + 1}"), caption: [Capture n° {n + 1}])\n'
main = os.path.join(folder, "main.typ")
with open(main, "w") as file:
    file.write(text)
begun = time.monotonic()
pdf = typst.compile(main, output=out, pdf_standards=["a-3b", "ua-1"])
print(json.dumps({"milliseconds": round((time.monotonic() - begun) * 1000), "bytes": os.path.getsize(out), "tiles": len(tiles)}))
os.remove(main)
