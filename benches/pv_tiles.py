"""Why: cuts screenshots of one page's height out of a real full-page screenshot, each its own. Usage: SOURCE.png WORK COUNT..."""
import os
import sys

from PIL import Image

source, work, counts = sys.argv[1], sys.argv[2], [int(n) for n in sys.argv[3:]]
whole = Image.open(source).convert("RGB")
width, height, tall = whole.width, whole.height, min(1650, whole.height)
for count in counts:
    folder = os.path.join(work, f"tuiles-{count}")
    if os.path.isdir(folder) and len(os.listdir(folder)) == count:
        continue
    os.makedirs(folder, exist_ok=True)
    for n in range(count):
        top = (n * 7919) % max(1, height - tall)
        whole.crop((0, top, width, top + tall)).save(os.path.join(folder, f"{n + 1:04d}.png"), compress_level=1)
