"""What pictures say: each word as it is drawn, kept by the picture that came of it."""

from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from typing import Any
from unittest import mock

from bot.ui.drawing import Pen

MOST_PICTURES = 500
_drawn: OrderedDict[bytes, Sequence[str]] = OrderedDict()


@contextmanager
def read_along() -> Iterator[None]:
    """Keep what is drawn meanwhile, in whole words: also what is then cut for lack of room."""
    text, png = Pen.text, Pen.png

    def drawing(pen: Pen, spot: Any, words: str, **how: Any) -> None:
        vars(pen).setdefault("said", []).append(words)
        text(pen, spot, words, **how)

    def finished(pen: Pen) -> bytes:
        body = png(pen)
        _drawn[sha256(body).digest()] = vars(pen).get("said", [])
        while len(_drawn) > MOST_PICTURES:
            _drawn.popitem(last=False)
        return body

    with mock.patch.object(Pen, "text", drawing), mock.patch.object(Pen, "png", finished):
        yield
    _drawn.clear()


def words_in(body: bytes) -> Sequence[str]:
    """Return what a picture says that was drawn meanwhile; one that somebody sent says nothing."""
    return _drawn.get(sha256(body).digest(), [])
