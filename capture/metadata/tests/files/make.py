"""Makes the files of this folder, once: real ones, by the tools named in README.md. Usage: make.py FOLDER"""
# Public domain (CC0-1.0), as the files it makes; see README.md for the parts that come from the tools themselves.
import io, os, subprocess, sys, zipfile, datetime as dt
from pathlib import Path

out = Path(sys.argv[1])
WHEN = dt.datetime(2024, 3, 5, 14, 30, 21)


def run(*args):
    subprocess.run([str(a) for a in args], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def word():
    import docx
    document = docx.Document()
    p = document.core_properties
    p.title, p.author, p.subject, p.keywords = "Bon de commande n° 12", "Élodie Martin", "Commande", "achat, été"
    p.last_modified_by, p.comments, p.category = "Paul Durand", "Une remarque", "Commerce"
    p.created, p.modified, p.last_printed, p.revision = WHEN, WHEN.replace(day=6), WHEN.replace(day=7), 4
    paragraph = document.add_paragraph("Bonjour ")
    document.add_comment(paragraph.runs[0], text="À vérifier", author="Relecteur", initials="R")
    document.part.relate_to("https://exemple.fr/commande?n=12", docx.opc.constants.RELATIONSHIP_TYPE.HYPERLINK, is_external=True)
    from docx.oxml import parse_xml
    ns = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    for tag, text in (("ins", "t"), ("del", "delText")):
        paragraph._p.append(parse_xml(f'<w:{tag} {ns} w:id="9" w:author="Correctrice" w:date="2024-03-06T10:00:00Z"><w:r><w:{text}>x</w:{text}></w:r></w:{tag}>'))
    document.save(out / "python-docx.docx")


def excel():
    import openpyxl
    from openpyxl.comments import Comment
    book = openpyxl.Workbook()
    book.active.title = "Prix"
    book.active["A1"] = 3
    book.active["A1"].comment = Comment("Trop cher", "Paul Durand")
    book.create_sheet("Secret").sheet_state = "hidden"
    book.properties.creator, book.properties.title, book.properties.lastModifiedBy = "Élodie Martin", "Tarif", "Paul Durand"
    book.properties.created = WHEN
    book.save(out / "openpyxl.xlsx")
    import xlsxwriter
    other = xlsxwriter.Workbook(str(out / "xlsxwriter.xlsx"))
    other.set_properties({"title": "Stock", "author": "Élodie Martin", "company": "Société d'essai", "manager": "Mme Petit", "created": WHEN})
    other.set_custom_property("Dossier", "2024-12")
    other.add_worksheet("Un").write_url("A1", "https://exemple.fr/stock")
    other.close()


def powerpoint():
    import pptx
    show = pptx.Presentation()
    show.core_properties.title, show.core_properties.author = "Réunion", "Élodie Martin"
    show.core_properties.created = WHEN
    for _ in range(3):
        show.slides.add_slide(show.slide_layouts[6])
    show.slides[1]._element.set("show", "0")
    show.save(out / "python-pptx.pptx")


def odf():
    from odf import meta, dc, office, text as t, table, opendocument
    document = opendocument.OpenDocumentText()
    add = document.meta.addElement
    for element, value in ((dc.Title, "Compte rendu"), (meta.InitialCreator, "Élodie Martin"), (dc.Creator, "Paul Durand"),
                           (meta.CreationDate, "2024-03-05T14:30:21"), (dc.Date, "2024-03-06T09:00:00"), (meta.EditingCycles, "7"),
                           (meta.Keyword, "un"), (meta.Keyword, "deux")):
        add(element(text=value))
    add(meta.DocumentStatistic(pagecount="2", wordcount="310", charactercount="1800"))
    note = office.Annotation()
    note.addElement(dc.Creator(text="Relecteur"))
    p = t.P(text="Bonjour")
    p.addElement(note)
    p.addElement(t.A(href="https://exemple.fr/", type="simple", text="là"))
    document.text.addElement(p)
    document.save(str(out / "odfpy.odt"))
    sheet = opendocument.OpenDocumentSpreadsheet()
    sheet.meta.addElement(dc.Title(text="Comptes"))
    from odf import style
    hidden = style.Style(name="ta2", family="table")
    hidden.addElement(style.TableProperties(display="false"))
    sheet.automaticstyles.addElement(hidden)
    sheet.spreadsheet.addElement(table.Table(name="Vu"))
    sheet.spreadsheet.addElement(table.Table(name="Caché", stylename=hidden))
    sheet.save(str(out / "odfpy.ods"))


def pdf():
    from reportlab.pdfgen import canvas
    page = canvas.Canvas(str(out / "reportlab.pdf"))
    page.setTitle("Facture n° 7 — été"), page.setAuthor("Élodie Martin"), page.setSubject("Vente"), page.setCreator("Essai"), page.setKeywords(["a", "b"])
    for n in range(3):
        page.drawString(72, 700, f"Page {n}"), page.showPage()
    page.save()
    import fpdf
    document = fpdf.FPDF()
    document.set_title("Annexe"), document.set_author("Paul Durand"), document.set_creation_date(WHEN.replace(tzinfo=dt.timezone.utc))
    document.add_page()
    document.embed_file(bytes=b"bonjour", basename="pièce jointe.txt", desc="d")
    document.output(str(out / "fpdf2.pdf"))
    import pikepdf
    with pikepdf.open(out / "reportlab.pdf") as made:
        with made.open_metadata(set_pikepdf_as_editor=False) as xmp:
            xmp["dc:title"], xmp["xmp:CreateDate"], xmp["xmp:CreatorTool"] = "Titre du XMP", "2023-01-01T00:00:00+01:00", "Essai"
            xmp["xmpMM:DocumentID"] = "uuid:1"
        # After the XMP, which pikepdf copies to the dictionary: the two disagree, as after a careless edit.
        made.docinfo["/Title"], made.docinfo["/CreationDate"] = "Titre du dictionnaire", "D:20240305143021+01'00'"
        made.Root.OpenAction = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")
        made.attachments["notes.txt"] = b"bonjour"
        made.save(out / "pikepdf.pdf", object_stream_mode=pikepdf.ObjectStreamMode.generate)
    run("qpdf", "--linearize", "--object-streams=generate", out / "reportlab.pdf", out / "qpdf.pdf")
    run("qpdf", "--encrypt", "", "maitre", "256", "--", out / "reportlab.pdf", out / "qpdf-chiffre.pdf")
    html = out / "page.html"
    html.write_text("<!doctype html><meta charset=utf-8><title>Page imprimée</title><div style='width:9cm;height:5cm;background:navy'></div>")
    run("chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer", f"--print-to-pdf={out / 'chromium.pdf'}", html)
    html.unlink()
    import pypdf
    writer = pypdf.PdfWriter(clone_from=str(out / "reportlab.pdf"))
    writer.add_metadata({"/Title": "Copie"})
    writer.write(str(out / "pypdf.pdf"))
    signed()


def signed():
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
    from pyhanko.sign import signers
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Essai")])
    certificate = (x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
                   .not_valid_before(WHEN).not_valid_after(WHEN.replace(year=2034)).sign(key, hashes.SHA256()))
    (out / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    (out / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    signer = signers.SimpleSigner.load(str(out / "key.pem"), str(out / "cert.pem"))
    with open(out / "reportlab.pdf", "rb") as source:
        result = signers.sign_pdf(IncrementalPdfFileWriter(io.BytesIO(source.read())), signers.PdfSignatureMetadata(field_name="S1"), signer=signer)
    (out / "pyhanko.pdf").write_bytes(result.getvalue())
    (out / "key.pem").unlink(), (out / "cert.pem").unlink()


def archives():
    with zipfile.ZipFile(out / "zipfile.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.comment = "Envoyé par Paul".encode()
        for name in ("lisez-moi.txt", "été/photo.txt", "../dehors.txt", "lisez-moi.txt"):
            z.writestr(zipfile.ZipInfo(name, (2024, 3, 5, 14, 30, 20)), "bonjour " * 20)
    work = out / "w"
    work.mkdir()
    (work / "a.txt").write_text("bonjour")
    os.utime(work / "a.txt", (WHEN.timestamp(), WHEN.timestamp()))
    subprocess.run(["zip", "-q", "-X", "-P", "secret", "../infozip-chiffre.zip", "a.txt"], cwd=work, check=True)
    (work / "a.txt").unlink(), work.rmdir()


def pictures():
    from PIL import Image, PngImagePlugin
    import piexif
    small = Image.new("RGB", (24, 16), (200, 30, 60))
    exif = piexif.dump({
        "0th": {piexif.ImageIFD.Make: b"Essai", piexif.ImageIFD.Model: b"Boitier 1", piexif.ImageIFD.Software: b"Micrologiciel 2.1",
                piexif.ImageIFD.DateTime: b"2024:03:06 10:00:00", piexif.ImageIFD.Orientation: 6, piexif.ImageIFD.Artist: b"E. Martin"},
        "Exif": {piexif.ExifIFD.DateTimeOriginal: b"2024:03:05 14:30:21", piexif.ExifIFD.OffsetTimeOriginal: b"+01:00",
                 piexif.ExifIFD.LensModel: b"50mm", piexif.ExifIFD.BodySerialNumber: b"SN-0042"},
        "GPS": {piexif.GPSIFD.GPSLatitudeRef: b"N", piexif.GPSIFD.GPSLatitude: ((48, 1), (51, 1), (2450, 100)),
                piexif.GPSIFD.GPSLongitudeRef: b"E", piexif.GPSIFD.GPSLongitude: ((2, 1), (21, 1), (700, 100)),
                piexif.GPSIFD.GPSAltitudeRef: 0, piexif.GPSIFD.GPSAltitude: (355, 10),
                piexif.GPSIFD.GPSDateStamp: b"2024:03:05", piexif.GPSIFD.GPSTimeStamp: ((13, 1), (30, 1), (21, 1))},
    })
    small.save(out / "pillow.jpg", exif=exif, comment="Une légende".encode())
    run("exiftool", "-overwrite_original", "-XMP-dc:Title=Vue du port", "-XMP-xmp:CreatorTool=Essai", out / "pillow.jpg")
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Title", "Capture"), texts.add_text("Software", "Essai 3", zip=True), texts.add_itxt("Author", "Élodie Martin"), texts.add_text("Source", "banc")
    small.save(out / "pillow.png", pnginfo=texts, exif=exif)
    small.save(out / "pillow.webp", exif=exif, lossless=True)
    frames = [Image.new("RGB", (12, 8), (n, 0, 255 - n)) for n in (10, 120, 240)]
    frames[0].save(out / "pillow.gif", save_all=True, append_images=frames[1:], loop=2, duration=50, comment=b"Animation d'essai")
    Image.new("RGB", (20, 10)).save(out / "pillow-anime.webp", save_all=True, append_images=[Image.new("RGB", (20, 10), (n, 0, 0)) for n in (90, 200)], lossless=True)
    from PIL.TiffImagePlugin import ImageFileDirectory_v2
    fields = ImageFileDirectory_v2()
    fields[270], fields[271], fields[305], fields[306] = "Un plan", "Essai", "Micrologiciel 2.1", "2024:03:06 10:00:00"
    small.save(out / "pillow.tif", tiffinfo=fields)


def media():
    tags = ["-metadata", "title=Essai d'été", "-metadata", "artist=Élodie Martin", "-metadata", "comment=Une remarque",
            "-metadata", "creation_time=2024-03-05T14:30:21Z", "-metadata", "album=Album", "-metadata", "date=2024"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=8000:duration=0.5"]
    film = ["-f", "lavfi", "-i", "testsrc=size=32x24:rate=5:duration=1"]
    ffmpeg = ["ffmpeg", "-y", "-v", "error"]
    run(*ffmpeg, *film, *sound, "-c:v", "libx264", "-c:a", "aac", *tags, out / "ffmpeg.mp4")
    run(*ffmpeg, *film, "-c:v", "libx264", *tags, out / "ffmpeg.mov")
    run(*ffmpeg, *sound, "-c:a", "aac", *tags, out / "ffmpeg.m4a")
    run(*ffmpeg, *film, *sound, "-c:v", "libvpx", "-c:a", "libvorbis", "-ar", "44100", *tags, out / "ffmpeg.webm")
    run(*ffmpeg, *film, "-c:v", "libx264", *tags, out / "ffmpeg.mkv")
    run(*ffmpeg, *sound, "-c:a", "libmp3lame", *tags, "-write_id3v1", "1", out / "ffmpeg.mp3")
    run(*ffmpeg, *sound, "-c:a", "libvorbis", *tags, out / "ffmpeg.ogg")
    run(*ffmpeg, *sound, "-c:a", "libopus", *tags, out / "ffmpeg.opus")
    run(*ffmpeg, *sound, *tags, out / "ffmpeg.flac")
    run(*ffmpeg, *sound, *tags, "-t", "0.2", out / "ffmpeg.wav")


for make in (word, excel, powerpoint, odf, pdf, archives, pictures, media):
    make()
