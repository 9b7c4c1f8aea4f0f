"""Writes a budget's files in the format that was asked for, within what a message can carry."""

import asyncio
from collections.abc import Mapping, Sequence
from enum import StrEnum

from bot.errors import UserError
from bot.services.budget_export import Export, File, csv_files, zipped

MEGABYTE = 1024 * 1024


class FileFormat(StrEnum):
    """What a budget can leave as."""

    XLSX = "xlsx"
    CSV = "csv"


class WorkbookTooLarge(UserError):
    """A workbook that no message can carry, where the same as CSV may fit."""

    text = (
        "The workbook has {size} MB, and this server takes files up to {limit} MB, so I kept it. "
        "Export it as CSV: that comes as one ZIP, which is smaller."
    )


class FilesTooLarge(UserError):
    """Files that no message can carry in any form."""

    text = (
        "Even zipped, the files have {size} MB, and this server takes up to {limit} MB, so I kept them. "
        "Ask whoever runs me for a copy of the database."
    )


async def written(export: Export, names: Mapping[int, str], wanted: FileFormat, limit: int) -> Sequence[File]:
    """Return the files, written off the loop; `limit` is in bytes, for all of them together.

    CSV files that are too large come as one ZIP. Raises `WorkbookTooLarge` or `FilesTooLarge`.
    """
    return await asyncio.to_thread(_written, export, names, wanted, limit)


def _written(export: Export, names: Mapping[int, str], wanted: FileFormat, limit: int) -> Sequence[File]:
    if wanted is FileFormat.XLSX:
        # Imported on first use: most processes never write a workbook.
        from bot.services.budget_export_xlsx import workbook  # noqa: PLC0415

        book = workbook(export, names)
        if len(book.body) > limit:
            raise WorkbookTooLarge(**_sizes(book, limit))
        return [book]
    files = csv_files(export, names)
    if sum(len(file.body) for file in files) <= limit:
        return files
    packed = zipped(export, files)
    if len(packed.body) > limit:
        raise FilesTooLarge(**_sizes(packed, limit))
    return [packed]


def _sizes(file: File, limit: int) -> dict[str, str]:
    return {"size": f"{len(file.body) / MEGABYTE:.1f}", "limit": f"{limit / MEGABYTE:.0f}"}
