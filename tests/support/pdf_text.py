"""What a PDF says: the letters of its pages in the order they are set, read through the fonts' own tables."""

import base64
import re
import zlib

STREAM = re.compile(rb"<<(.*?)>>\s*stream\r?\n(.*?)endstream", re.DOTALL)
OBJECT = re.compile(rb"(\d+) 0 obj\s*(.*?)\s*endobj", re.DOTALL)
SHOWN = re.compile(rb"/(F\d+(?:\+\d+)?) [\d.]+ Tf|\((.*?)(?<!\\)\) Tj|(T\*|Td|BT)", re.DOTALL)
ESCAPED = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
NAMED = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def pages_of(data: bytes) -> int:
    """Return how many pages a PDF has."""
    return len(re.findall(rb"/Type /Page\b(?!s)", data))


def text_of(data: bytes) -> str:
    """Return every letter that the pages show, lines apart; what a font can't name raises KeyError."""
    objects = {int(key): body for key, body in OBJECT.findall(data)}
    fonts = dict(_fonts(objects))
    lines: list[str] = []
    for body in objects.values():
        content = _stream(body)
        if content is not None and b" Tf" in content:
            lines.append(_words(content, fonts))
    return "\n".join(lines)


def _fonts(objects: dict[int, bytes]):  # type: ignore[no-untyped-def]
    """Yield each font's name with its table from codes to letters; a table of None means two-byte Unicode."""
    for body in objects.values():
        name = re.search(rb"/Name /(F\d+(?:\+\d+)?)", body)
        if name is None:
            continue
        table = re.search(rb"/ToUnicode (\d+) 0 R", body)
        yield name.group(1), _table(_stream(objects[int(table.group(1))]) or b"") if table else None


def _table(cmap: bytes) -> dict[int, str]:
    table = {}
    for block in re.findall(rb"beginbfchar(.*?)endbfchar", cmap, re.DOTALL):
        for code, letter in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>", block):
            table[int(code, 16)] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    for block in re.findall(rb"beginbfrange(.*?)endbfrange", cmap, re.DOTALL):
        for first, _, letters in re.findall(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>\s*\[(.*?)\]", block, re.DOTALL):
            for offset, letter in enumerate(re.findall(rb"<([0-9A-Fa-f]+)>", letters)):
                table[int(first, 16) + offset] = bytes.fromhex(letter.decode()).decode("utf-16-be")
    return table


def _stream(body: bytes) -> bytes | None:
    found, length = re.search(rb"stream\r?\n", body), re.search(rb"/Length (\d+)", body)
    if found is None or length is None:
        return None
    data = body[found.end() : found.end() + int(length.group(1))]
    if b"ASCII85Decode" in body:
        data = base64.a85decode(data.strip().removesuffix(b"~>"))
    return zlib.decompress(data) if b"FlateDecode" in body else data


def _words(content: bytes, fonts: dict[bytes, dict[int, str] | None]) -> str:
    said: list[str] = []
    table: dict[int, str] | None = {}
    for font, shown, moved in SHOWN.findall(content):
        if font:
            table = fonts[font]
        elif moved:
            said.append("\n")
        else:
            raw = ESCAPED.sub(lambda each: _letter(each.group(1)), shown)
            said.append(raw.decode("utf-16-be") if table is None else "".join(table[code] for code in raw))
    return "".join(said)


def _letter(code: bytes) -> bytes:
    return bytes([int(code, 8)]) if code.isdigit() else NAMED.get(code, code)
