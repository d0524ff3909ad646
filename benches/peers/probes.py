"""Probe pages with known geometry: what a right picture of each must show, and where. Made by code, the same octets every time."""
import colorsys
import io
import json
import random

from PIL import Image, ImageDraw

LAZY, SWAPPED, BATCHES, POSTS, BANDS, INNER = 120, 60, 20, 10, 40, 12
HEADER = (34, 51, 68)


def colour(index: int) -> tuple[int, int, int]:
    """Neighbouring indices are far apart on the colour wheel."""
    return tuple(int(c * 255) for c in colorsys.hsv_to_rgb(index * 0.61803398875 % 1.0, 0.85, 0.75))


def wheel(index: int, value: float) -> tuple[int, int, int]:
    """Twelve colours that can be told apart wherever they are seen."""
    return tuple(int(c * 255) for c in colorsys.hsv_to_rgb(index / INNER, 0.9, value))


def css(rgb: tuple[int, int, int]) -> str:
    return "rgb(%d,%d,%d)" % rgb


def photo(index: int) -> bytes:
    """A JPEG as heavy as a photograph, with a flat disc of a known colour in its middle."""
    source = random.Random(index)
    picture = Image.frombytes("RGB", (150, 100), source.randbytes(45000)).resize((600, 400), Image.Resampling.BICUBIC)
    ImageDraw.Draw(picture).ellipse([200, 100, 400, 300], fill=colour(index))
    octets = io.BytesIO()
    picture.save(octets, "JPEG", quality=85)
    return octets.getvalue()


def page(title: str, head: str, body: str) -> bytes:
    return (f'<!doctype html><html lang="fr"><head><meta charset="utf-8"><title>{title}</title><link rel="icon" href="data:,">'
            f"{head}</head><body style='margin:0'>{body}</body></html>").encode()


def at(x: int, y: int, w: int, h: int) -> str:
    return f"position:absolute;left:{x}px;top:{y}px;width:{w}px;height:{h}px"


def lazy() -> bytes:
    cells = "".join(f'<img loading="lazy" alt="{i}" style="{at(i % 4 * 310 + 10, 200 + i // 4 * 300, 300, 200)}" src="/probes/image/{i}.jpg?lazy">'
                    for i in range(LAZY))
    return page("Images paresseuses", "", f'<div style="position:relative;height:9300px"><h1>{LAZY} images</h1>{cells}</div>')


def swapped() -> bytes:
    cells = "".join(f'<img class="l" alt="{i}" style="{at(i % 2 * 620 + 10, 100 + i // 2 * 450, 600, 400)};background:#ddd" '
                    f'data-src="/probes/image/{i}.jpg?data-src">' for i in range(SWAPPED))
    script = ("const o=new IntersectionObserver(es=>es.forEach(e=>{if(e.isIntersecting){o.unobserve(e.target);"
              "setTimeout(()=>e.target.src=e.target.dataset.src,60)}}));document.querySelectorAll('.l').forEach(i=>o.observe(i))")
    return page("Images remplacées", "", f'<div style="position:relative;height:13700px">{cells}</div><script>{script}</script>')


def feed() -> bytes:
    style = ("<style>header{position:fixed;top:0;left:0;right:0;height:40px;background:%s;z-index:2}main{padding-top:40px}"
             ".p{height:150px;box-sizing:border-box;border-bottom:1px solid #ccc;padding:8px;overflow:hidden;position:relative}"
             ".p img{position:absolute;left:900px;top:8px;width:180px;height:120px}</style>") % css(HEADER)
    script = ("let next=0,busy=false;async function more(){if(busy||next===null)return;busy=true;"
              "const j=await(await fetch('/probes/feed/'+next+'.json')).json();await new Promise(r=>setTimeout(r,120));"
              "for(const p of j.posts){const d=document.createElement('div');d.className='p';"
              "d.innerHTML='<b>#'+p.id+'</b><p>'+p.text+'</p>'+(p.image?'<img alt=\"\" src=\"'+p.image+'\">':'');m.appendChild(d)}"
              "next=j.next;busy=false;if(next===null)m.insertAdjacentHTML('beforeend','<div>FIN</div>');else check()}"
              "function check(){if(s.getBoundingClientRect().top<innerHeight+200)more()}"
              "addEventListener('scroll',check,{passive:true});addEventListener('resize',check);more()")
    return page("Fil", style, f'<header></header><main id="m"></main><div id="s" style="height:10px"></div><script>{script}</script>')


def batch(number: int) -> bytes:
    posts = [{"id": i, "text": f"Message {i} : " + "assez de mots pour deux lignes de texte. " * 4,
              "image": f"/probes/image/{i % LAZY}.jpg?post={i}" if i % 2 == 0 else None}
             for i in range(number * POSTS, (number + 1) * POSTS)]
    return json.dumps({"posts": posts, "next": number + 1 if number + 1 < BATCHES else None}).encode()


def bands(count: int, height: int, of) -> str:
    return "".join(f'<div style="height:{height}px;background:{css(of(i))}">bande {i}</div>' for i in range(count))


def inner() -> bytes:
    left = f'<div style="{at(0, 0, 600, 800)};overflow:auto">{bands(INNER, 500, lambda i: wheel(i, 0.95))}</div>'
    right = f'<iframe style="{at(620, 0, 600, 800)};border:0" src="/probes/inner/frame.html"></iframe>'
    return page("Défilements internes", "<style>html,body{height:100%;overflow:hidden}</style>", left + right)


def frames(other: str) -> bytes:
    """Six places a picture can hide in: same and other origin, srcdoc, open, closed and declarative shadow trees."""
    image = "<img alt='' width='180' height='120' style='position:absolute;left:0;top:0' src='{}/probes/image/{}.jpg?{}'>"
    style = "border:0"
    body = (f'<iframe style="{at(10, 10, 200, 140)};{style}" src="/probes/frames/in.html"></iframe>'
            f'<iframe style="{at(230, 10, 200, 140)};{style}" src="{other}/probes/frames/out.html"></iframe>'
            f'<iframe style="{at(450, 10, 200, 140)};{style}" srcdoc="<body style=margin:0>{image.format("", 102, "srcdoc")}"></iframe>'
            f'<open-tree style="display:block;{at(670, 10, 200, 140)}"></open-tree><closed-tree style="display:block;{at(890, 10, 200, 140)}"></closed-tree>'
            f'<div style="{at(10, 170, 200, 140)}"><template shadowrootmode="open">{image.format("", 105, "declarative")}</template></div>'
            f'<div style="{at(230, 170, 180, 120)};background:url(/probes/image/106.jpg?background) 0 0/180px 120px"></div>'
            f'<img alt="" style="{at(450, 170, 180, 120)}" id="blob">')
    script = "".join(f"customElements.define('{mode}-tree',class extends HTMLElement{{connectedCallback(){{this.attachShadow({{mode:'{mode}'}}).innerHTML="
                     f'"{image.format("", number, mode)}"}}}});' for mode, number in (("open", 103), ("closed", 104)))
    script += ("fetch('/probes/image/107.jpg?blob').then(r=>r.blob()).then(b=>blob.src=URL.createObjectURL(b));"
               "fetch('/probes/echo',{method:'POST',body:'a=1'});fetch('/probes/redirect')")
    return page("Cadres et arbres d'ombre", "", body + f"<script>{script}</script>")


def framed(number: int, name: str) -> bytes:
    return page(name, "", f"<img alt='' width='180' height='120' style='position:absolute;left:0;top:0' src='/probes/image/{number}.jpg?{name}'>")


def late() -> bytes:
    script = ("addEventListener('load',()=>setTimeout(()=>{const i=new Image(600,400);i.style='position:absolute;left:10px;top:100px';"
              "i.src='/probes/image/110.jpg?late';document.body.append(i)},2000))")
    return page("Demande tardive", "", f"<h1>Image demandée deux secondes après le chargement</h1><script>{script}</script>")


def attachments() -> bytes:
    script = "setTimeout(()=>{const a=document.createElement('a');a.href='/probes/file/auto.bin';a.download='auto.bin';document.body.append(a);a.click()},300)"
    return page("Pièces jointes", "", '<h1>Pièces</h1><a href="/probes/document.pdf">pdf</a> <a href="/probes/file/linked.bin">fichier</a>'
                f"<script>{script}</script>")


def pdf() -> bytes:
    """Five pages of one line, after ISO 32000-1 section 7.5."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>",
               b"<</Type/Pages/Count 5/Kids[" + b" ".join(b"%d 0 R" % (4 + 2 * i) for i in range(5)) + b"]>>",
               b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"]
    for i in range(5):
        text = b"BT /F 24 Tf 72 720 Td (Page %d) Tj ET" % (i + 1)
        objects += [b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F 3 0 R>>>>/Contents %d 0 R>>" % (5 + 2 * i),
                    b"<</Length %d>>stream\n%s\nendstream" % (len(text), text)]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + b"xref\n0 %d\n0000000000 65535 f \n%strailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(places) + 1, table, len(places) + 1, len(out))


def docsify() -> bytes:
    return page("docsify", '<link rel="stylesheet" href="/npm/docsify/themes/vue.css">',
                "<div id='app'></div><script>window.$docsify={name:'lecture',homepage:'/npm/video.js/CHANGELOG.md',basePath:'/'}</script>"
                "<script src='/npm/docsify/lib/docsify.min.js'></script>")


def site(other: str) -> dict[str, tuple[str, bytes]]:
    """Every address of the probes with its media type and octets; `other` is the second origin."""
    html = "text/html; charset=utf-8"
    found = {
        "/probes/lazy.html": (html, lazy()), "/probes/data-src.html": (html, swapped()), "/probes/feed.html": (html, feed()),
        "/probes/tall.html": (html, page("40 000 pixels", "", bands(BANDS, 1000, colour))),
        "/probes/inner.html": (html, inner()),
        "/probes/inner/frame.html": (html, page("cadre", "", bands(INNER, 500, lambda i: wheel(i, 0.5)))),
        "/probes/frames.html": (html, frames(other)), "/probes/frames/in.html": (html, framed(100, "in")),
        "/probes/frames/out.html": (html, framed(101, "out")), "/probes/late.html": (html, late()),
        "/probes/attachments.html": (html, attachments()), "/probes/document.pdf": ("application/pdf", pdf()),
        "/probes/docsify.html": (html, docsify()), "/probes/target.json": ("application/json", b'{"ok":true}'),
        "/probes/file/auto.bin": ("application/octet-stream", random.Random(1).randbytes(50000)),
        "/probes/file/linked.bin": ("application/octet-stream", random.Random(2).randbytes(50000)),
    }
    found |= {f"/probes/image/{i}.jpg": ("image/jpeg", photo(i)) for i in range(LAZY)}
    found |= {f"/probes/feed/{i}.json": ("application/json", batch(i)) for i in range(BATCHES)}
    return found


def marks(name: str) -> list[tuple[int, int, tuple[int, int, int]]]:
    """Points of the full-page picture of a probe (device scale 1) and the colour each must have."""
    places = [(10, 10), (230, 10), (450, 10), (670, 10), (890, 10), (10, 170), (230, 170), (450, 170)]
    return {
        "lazy": [(i % 4 * 310 + 160, 300 + i // 4 * 300, colour(i)) for i in range(LAZY)],
        "data-src": [(i % 2 * 620 + 310, 300 + i // 2 * 450, colour(i)) for i in range(SWAPPED)],
        "feed": [(990, 40 + 150 * i + 68, colour(i % LAZY)) for i in range(0, BATCHES * POSTS, 2)],
        "tall": [(640, 500 + 1000 * i, colour(i)) for i in range(BANDS)],
        "frames": [(x + 90, y + 60, colour(100 + i)) for i, (x, y) in enumerate(places)],
        "late": [(310, 300, colour(110))],
    }.get(name, [])


def anywhere(name: str) -> list[tuple[int, int, int]]:
    """Colours that some picture of the capture must show, wherever it shows them."""
    return [wheel(i, value) for value in (0.95, 0.5) for i in range(INNER)] if name == "inner" else []
