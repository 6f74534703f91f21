"""A PDF of one page (ISO 32000-1, version 1.4)."""

from collections.abc import Sequence

_TOP, _LINE = 780, 18


def pdf_page(title: str, lines: Sequence[str]) -> bytes:
    """Return a page of text in Helvetica; Latin-1 only."""
    text = [f"BT /F1 18 Tf 72 {_TOP} Td ({_escaped(title)}) Tj /F1 11 Tf"]
    text += [f"0 -{_LINE} Td ({_escaped(line)}) Tj" for line in ("", *lines)]
    content = "\n".join([*text, "ET"]).encode("latin-1")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources 6 0 R >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Font << /F1 5 0 R >> >>",
    )
    # The comment of high bytes tells tools that the file is binary (section 7.5.2).
    written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, body in enumerate(objects, start=1):
        offsets.append(len(written))
        written += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(written)
    written += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    written += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    written += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    written += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(written)


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
