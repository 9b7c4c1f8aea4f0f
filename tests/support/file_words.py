"""What a file says, whatever it is: a PDF, a calendar, a table, and all that is in a ZIP or workbook."""

import io
import zipfile
from collections.abc import Iterator

from tests.support.drawn import words_in
from tests.support.pdf_text import text_of

PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF")


def words_of(body: bytes) -> Iterator[str]:
    """Yield the words of a file, and of every file in it; those of a picture while `drawn.read_along` listens."""
    if body.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            for name in packed.namelist():
                yield name
                yield from words_of(packed.read(name))
    elif body.startswith(b"%PDF") and b"/Font" in body:
        yield " ".join(text_of(body).split())
    elif body.startswith(PICTURES):
        yield from words_in(body)
    else:
        yield body.decode("utf-8", "replace")
