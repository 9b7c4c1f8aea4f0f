"""Receipts: known by their content, kept in the database, shown to whoever may see the expense."""

import pytest

from bot.errors import NotAllowed, UserError
from bot.services.budget_expense import NoReceipt, NotAReceipt, ReceiptTooLarge, Upload, content_type
from tests.support.books import Books
from tests.support.cast import Cast

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 20


@pytest.fixture
async def books(cast: Cast) -> Books:
    return await Books.open(cast)


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"%PDF-1.7 ...", "application/pdf"), (PNG, "image/png"), (b"\xff\xd8\xff\xe0", "image/jpeg"),
     (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"), (b"\0\0\0\x18ftypheic\0\0", "image/heic")],
)  # fmt: skip
def test_receipts_are_known_by_their_content(body: bytes, kind: str) -> None:
    assert content_type(Upload("whatever.exe", body)) == kind


@pytest.mark.parametrize(
    ("name", "body", "refusal"),
    [("a.pdf", b"MZ\x90\0 this program", NotAReceipt), ("a.png", b"", NotAReceipt), ("a.svg", b"<svg/>", NotAReceipt),
     ("a.wav", b"RIFF\0\0\0\0WAVE", NotAReceipt), ("a.pdf", b"x%PDF-", NotAReceipt),
     ("a.pdf", b"%PDF-" + b"0" * (10 * 1024 * 1024), ReceiptTooLarge)],
)  # fmt: skip
async def test_what_is_no_receipt_is_refused(books: Books, name: str, body: bytes, refusal: type[UserError]) -> None:
    with pytest.raises(refusal):
        await books.spend("5", "Studio", receipt=Upload(name, body))
    assert (await books.report()).standing.is_empty


async def test_a_receipt_is_kept(books: Books, cast: Cast) -> None:
    with_one = await books.spend("5", "Studio", receipt=Upload("bill.png", PNG), actor=cast.member)
    without = await books.spend("5", "Studio")
    kept = await books.services.budget.receipt(cast.member, with_one.expense.number)
    assert (kept.body, kept.content_type, kept.name) == (PNG, "image/png", "bill.png")
    with pytest.raises(NoReceipt):
        await books.services.budget.receipt(cast.producer, without.expense.number)
    with pytest.raises(NotAllowed):
        await books.services.budget.receipt(cast.other, with_one.expense.number)
