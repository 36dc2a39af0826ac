"""Fills a folder with files that `identify` and Magika's own program are to agree about: make_files.py FOLDER

They are made, and not kept, because they are binary, or because their size is what matters about them.
"""

import bz2
import gzip
import importlib.util
import io
import lzma
import marshal
import os
import pathlib
import pickle
import plistlib
import random
import sqlite3
import struct
import sys
import tarfile
import wave
import zipfile
import zlib

import numpy

PROSE = "It was a bright cold day in spring, and every clock of the town struck another hour. " * 200
CODE = "def area(width, height):\n    return width * height\n\n\nprint(area(3, 4))\n"
NOISE = random.Random(7).randbytes(20_000)


def zip_of(members, stored=()):
    """An archive of members, of which some are stored as they are."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as out:
        for name, content in members.items():
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            out.writestr(info, content)
    return archive.getvalue()


def office(kind, body, content_type):
    """A document of Office Open XML."""
    package = "http://schemas.openxmlformats.org/package/2006/"
    relation = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return zip_of({
        "[Content_Types].xml": f'{head}<Types xmlns="{package}content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType='
        f'"application/xml"/><Override PartName="/{kind}" ContentType="{content_type}"/></Types>',
        "_rels/.rels": f'{head}<Relationships xmlns="{package}relationships"><Relationship Id="rId1" Type="{relation}"'
        f' Target="{kind}"/></Relationships>',
        kind: head + body,
    })


def word():
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    body = f'<w:document xmlns:w="{space}"><w:body><w:p><w:r><w:t>{PROSE}</w:t></w:r></w:p></w:body></w:document>'
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
    return office("word/document.xml", body, kind)


def book():
    container = (
        '<?xml version="1.0"?><container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">'
        '<rootfiles><rootfile full-path="OEBPS/content.opf" media-type="application/oebps-package+xml"/></rootfiles>'
        "</container>"
    )
    members = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/content.opf": '<?xml version="1.0"?><package xmlns="http://www.idpf.org/2007/opf" version="3.0"/>',
        "OEBPS/chapter1.xhtml": f"<html><body><p>{PROSE}</p></body></html>",
    }
    return zip_of(members, stored=["mimetype"])


def spreadsheet():
    kind = "application/vnd.oasis.opendocument.spreadsheet"
    members = {
        "mimetype": kind,
        "content.xml": f'<?xml version="1.0"?><office:document-content>{PROSE}</office:document-content>',
        "styles.xml": '<?xml version="1.0"?><office:document-styles/>',
        "META-INF/manifest.xml": "<manifest:manifest><manifest:file-entry "
        f'manifest:media-type="{kind}"/></manifest:manifest>',
    }
    return zip_of(members, stored=["mimetype"])


def java_class():
    """A class `Main` with nothing but a constructor that calls that of `Object`."""

    def text(value):
        return struct.pack(">BH", 1, len(value)) + value.encode()

    pool = [
        struct.pack(">BHH", 10, 3, 8), struct.pack(">BH", 7, 9), struct.pack(">BH", 7, 10),
        text("<init>"), text("()V"), text("Code"), text("SourceFile"),
        struct.pack(">BHH", 12, 4, 5), text("Main"), text("java/lang/Object"), text("Main.java"),
    ]  # fmt: skip
    code = struct.pack(">HHI", 1, 1, 5) + b"\x2a\xb7\x00\x01\xb1" + struct.pack(">HH", 0, 0)
    return (
        struct.pack(">IHHH", 0xCAFEBABE, 0, 61, len(pool) + 1) + b"".join(pool)
        + struct.pack(">HHHHH", 0x21, 2, 3, 0, 0) + struct.pack(">HHHHH", 1, 1, 4, 5, 1)
        + struct.pack(">HI", 6, len(code)) + code + struct.pack(">HHIH", 1, 7, 2, 11)
    )  # fmt: skip


def jar():
    manifest = "Manifest-Version: 1.0\r\nCreated-By: 17\r\nMain-Class: Main\r\n\r\n"
    return zip_of({"META-INF/": "", "META-INF/MANIFEST.MF": manifest, "Main.class": java_class()})


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + bytes((x * y) % 256 for x in range(64)) for y in range(64))
    header = struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def bitmap():
    pixels = bytes((x * 5 + y) % 256 for y in range(32) for x in range(96))
    header = struct.pack("<IiiHHIIiiII", 40, 32, 32, 1, 24, 0, len(pixels), 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54 + len(pixels), 0, 0, 54) + header + pixels


def gif():
    palette = bytes(value for grey in (0, 85, 170, 255) for value in (grey, grey, grey))
    image = b"\x2c" + struct.pack("<HHHHB", 0, 0, 4, 4, 0) + b"\x02\x05\x84\x8f\xa9\x1b\x05\x00"
    return b"GIF89a" + struct.pack("<HHBBB", 4, 4, 0x91, 0, 0) + palette + image + b"\x3b"


def sound():
    out = io.BytesIO()
    with wave.open(out, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes(b"".join(struct.pack("<h", (i * 997) % 20_000 - 10_000) for i in range(4000)))
    return out.getvalue()


def midi():
    notes = b"".join(bytes([0, 0x90, 60 + i, 64, 96, 0x80, 60 + i, 64]) for i in range(12))
    track = b"\x00\xff\x51\x03\x07\xa1\x20" + notes + b"\x00\xff\x2f\x00"
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + struct.pack(">I", len(track)) + track


def capture():
    """Sixteen packets, as a sniffer writes them down."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)
    for i in range(16):
        packet = bytes(12) + b"\x08\x00\x45\x00\x00\x54" + bytes([i] * 50)
        out += struct.pack("<IIII", 1_700_000_000 + i, 0, len(packet), len(packet)) + packet
    return out


def pdf():
    text = b"BT /F1 24 Tf 72 700 Td (A page) Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    out, offsets = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    tail = b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + tail % (len(objects) + 1, table, len(objects) + 1, len(out))


def tape():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, content in {"notes/prose.txt": PROSE.encode(), "notes/area.py": CODE.encode()}.items():
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(content), 1_700_000_000
            tar.addfile(member, io.BytesIO(content))
    return out.getvalue()


def torrent():
    info = b"d6:lengthi20000e4:name9:noise.bin12:piece lengthi16384e6:pieces40:" + NOISE[:40] + b"e"
    return b"d8:announce33:http://tracker.example.org:6969/a13:creation datei1700000000e4:info" + info + b"e"


def database(path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE birds (name TEXT, grams INTEGER)")
        connection.executemany("INSERT INTO birds VALUES (?, ?)", [("wren", 9), ("robin", 18), ("rook", 490)])
    connection.close()


def byte_code():
    """What an import leaves behind: a head with the interpreter's own magic number, and the code."""
    head = importlib.util.MAGIC_NUMBER + struct.pack("<III", 0, 0, len(CODE))
    return head + marshal.dumps(compile(CODE, "area.py", "exec"))


def array(save, **values):
    out = io.BytesIO()
    save(out, **values)
    return out.getvalue()


def formats():
    numbers = numpy.arange(4096, dtype="<f4")
    settings = {"name": "lamp", "brightness": 0.75, "on": True, "colours": ["red", "green"], "data": NOISE[:64]}
    yield "archive.zip", zip_of({"prose.txt": PROSE, "area.py": CODE})
    yield "document.docx", word()
    yield "book.epub", book()
    yield "table.ods", spreadsheet()
    yield "program.jar", jar()
    yield "Main.class", java_class()
    yield "picture.png", png()
    yield "picture.bmp", bitmap()
    yield "picture.gif", gif()
    yield "sound.wav", sound()
    yield "tune.mid", midi()
    yield "packets.pcap", capture()
    yield "page.pdf", pdf()
    yield "backup.tar", tape()
    yield "noise.torrent", torrent()
    yield "prose.gz", gzip.compress(PROSE.encode(), mtime=1_700_000_000)
    yield "prose.bz2", bz2.compress(PROSE.encode())
    yield "prose.xz", lzma.compress(PROSE.encode())
    yield "prose.zlib", zlib.compress(PROSE.encode())
    yield "numbers.npy", array(numpy.save, arr=numbers)
    yield "numbers.npz", array(numpy.savez_compressed, numbers=numbers)
    yield "settings.pickle", pickle.dumps(settings, protocol=4)
    yield "settings.bplist", plistlib.dumps(settings, fmt=plistlib.FMT_BINARY)
    yield "settings.plist", plistlib.dumps(settings)
    yield "area.pyc", byte_code()


def edges():
    """Contents at the edges of the rules around the model."""
    blank = b" \t\r\n\v\f"
    yield "empty", b""
    yield "one-letter", b"a"
    yield "one-byte", b"\xff"
    yield "few-letters", "äöü!".encode()
    yield "eight-letters", b"#!/bin/s"
    yield "eight-blanks", b" " * 8
    for length in (99, 4096, 4097, 9000):
        yield f"blanks-{length}", (blank * length)[:length]
    yield "blanks-seven-letters", blank * 100 + b"letters"
    yield "blanks-eight-letters", blank * 100 + b"eight..."
    yield "seven-letters-blanks", b"letters" + blank * 1000
    yield "seven-bytes-blanks", NOISE[:7].replace(b"\n", b"\xff") + blank * 100
    # The first block ends within a character, and is no text for that.
    yield "blanks-cut-character", b"\n" * 4095 + "é".encode() + PROSE.encode()
    yield "blanks-then-code", b"\n" * 4090 + CODE.encode() * 20
    yield "code-then-blanks", CODE.encode() * 20 + b"\n" * 5000
    for kind, text in (("prose", PROSE.encode()), ("code", CODE.encode() * 200), ("noise", NOISE)):
        for length in (7, 8, 9, 1023, 1024, 1025, 2047, 2048, 2049, 4095, 4096, 4097, 8191, 8192, 8193):
            yield f"{kind}-{length}", text[:length]
    # Well-formed and ill-formed UTF-8, as in table 3-7 of the Unicode Standard.
    sequences = (
        "00", "7f", "c280", "dfbf", "e0a080", "ed9fbf", "ee8080", "efbfbf", "f0908080", "f48fbfbf",
        "80", "bf", "c0af", "c180", "c2", "c241", "e09f80", "e0a0", "eda080", "edbfbf", "f08f8080", "f09080",
        "f4908080", "f5808080", "fe", "ff", "efbbbf", "e28261",
    )  # fmt: skip
    for sequence in sequences:
        yield f"utf8-{sequence}", b"a" + bytes.fromhex(sequence)


def main():
    folder = pathlib.Path(sys.argv[1])
    for name, files in (("formats", formats()), ("edges", edges())):
        (folder / name).mkdir(parents=True)
        for file, content in files:
            (folder / name / file).write_bytes(content)
    database(folder / "formats" / "birds.sqlite")

    names = folder / "names"
    (names / "deep" / "deeper" / "deepest").mkdir(parents=True)
    (names / "empty folder").mkdir()
    for name in ("-dash", "a space.py", "façade.py", "deep/deeper/deepest/area.py", "deep.py", "no-extension"):
        (names / name).write_text(CODE)
    os.symlink("deep.py", names / "link")
    os.symlink("deep", names / "link to a folder")
    os.symlink("absent", names / "link to nothing")
    os.symlink(sys.executable, names / "link out of the folder")
    os.mkfifo(names / "pipe")


main()
