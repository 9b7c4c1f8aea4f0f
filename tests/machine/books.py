"""What must hold of the stored rows after every step, whoever did whatever before."""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.actor import Actor
from bot.db import Base, Database
from bot.models.project import Project
from bot.services import budget_report
from bot.services.budget_chart import OWN as OWN_CATEGORY
from bot.services.budget_paid import SettleService
from bot.services.budget_report import Standing
from bot.services.data_forget import KIND as FORGETTING
from bot.services.undo import SHOWING

Rows = dict[tuple[int, ...], dict[str, Any]]
# Every table whose changes leave a trail, with the names of its key; the first of them is what the trail names.
KEYS = {
    mapper.local_table.name: [column.name for column in mapper.primary_key]  # type: ignore[attr-defined]
    for mapper in Base.registry.mappers
    if mapper.class_.audited
}
AUDITED = list(KEYS)
MONEY = {"booking", "room", "project", "expense", *(name for name in AUDITED if name.startswith("budget_"))}
COLUMNS = [field.name for field in fields(Standing) if field.name not in ("currency", "budget")]
# What the desk itself writes down about rows of people, such as what was shown or when it asked.
OWN = SHOWING | {"shown_at", "asked_at", "pinged_at", "event_id", "event_version"}


class Books:
    """The database as it was after the last step, and what is wrong with what came since."""

    def __init__(self, path: Path, db: Database) -> None:
        self._db = db
        self._file = sqlite3.connect(path)
        self._names = {name: self._columns(name) for name in AUDITED}
        self._raw: dict[str, list[Any]] = {}
        self.tables: dict[str, Rows] = {}
        self._refresh()
        self._state = self._version()
        self._last_audit = self._newest()

    def close(self) -> None:
        self._file.close()

    def _columns(self, table: str) -> list[str]:
        return [row[1] for row in self._file.execute(f"PRAGMA table_info({table})")]

    def _version(self) -> int:
        """Return a number that is another one once somebody else has written into the database."""
        return int(self._file.execute("PRAGMA data_version").fetchone()[0])

    def _newest(self) -> int:
        return int(self._file.execute("SELECT coalesce(max(id), 0) FROM audit").fetchone()[0])

    def _refresh(self) -> set[str]:
        """Read every table again, and return those that are not as they were."""
        changed = set()
        for name in AUDITED:
            raw = self._file.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608 - own names
            if raw != self._raw.get(name):
                changed.add(name)
                self._raw[name] = raw
                rows = (dict(zip(self._names[name], row, strict=True)) for row in raw)
                self.tables[name] = {tuple(row[key] for key in KEYS[name]): row for row in rows}
        return changed

    async def faults(self, *, by_person: bool) -> list[str]:
        """List what is wrong; after a person's step every changed row needs its trail."""
        state = self._version()
        if state == self._state:
            return []
        self._state = state
        before = dict(self.tables)
        changed = self._refresh()
        found = list(self._untold(before, changed)) if by_person else []
        self._last_audit = self._newest()
        if changed & {"booking", "booking_person"}:
            found += [*self._same_room(), *self._same_person()]
        if changed & MONEY:
            found += [*self._moved(), *await self._reports(self._touched(before, changed & MONEY))]
        return found

    async def whole(self) -> list[str]:
        """List what is wrong with the rows as they stand now, whoever wrote them and whenever."""
        self._refresh()
        projects = {row["id"] for row in self.tables["project"].values()}
        return [*self._same_room(), *self._same_person(), *self._moved(), *await self._reports(projects)]

    def _touched(self, before: dict[str, Rows], changed: set[str]) -> set[int]:
        """Return the projects whose report a change may concern; all of them where the rows do not say."""
        found: set[int] = set()
        for table in changed:
            for key in before[table].keys() | self.tables[table].keys():
                old, new = before[table].get(key), self.tables[table].get(key)
                if old == new:
                    continue
                if table not in ("project", "booking", "expense") and not table.startswith("budget_"):
                    return {row["id"] for row in self.tables["project"].values()}
                name = "id" if table == "project" else "project_id"
                found |= {row[name] for row in (old, new) if row is not None and row.get(name) is not None}
        return found

    def tally(self) -> dict[str, int]:
        """Count the rows by table, and by state where they have one: how deep the game went."""
        names = ((table, row) for table, rows in self.tables.items() for row in rows.values())
        return dict(Counter(f"{table} {row['state']}" if "state" in row else table for table, row in names))

    def _untold(self, before: dict[str, Rows], changed: set[str]) -> Iterator[str]:
        """Yield rows that changed without a row in the trail."""
        told = set(self._file.execute("SELECT kind, record_id FROM audit WHERE id > ?", (self._last_audit,)))
        if FORGETTING in {kind for kind, _ in told}:
            return  # a number stands for somebody in every row of theirs now
        for table in changed:
            for key, row in self.tables[table].items():
                if (table, key[0]) not in told and _differs(table, before[table].get(key), row):
                    yield f"{table} {key[0]} changed without a trail: {_difference(before[table].get(key), row)}"

    def _same_room(self) -> Iterator[str]:
        """Yield two confirmed bookings of one room at one time (R20)."""
        for one, other in _pairs(self._confirmed(), lambda row: [row["room_id"]] if row["room_id"] else []):
            yield f"bookings {one['id']} and {other['id']} share room {one['room_id']}"

    def _same_person(self) -> Iterator[str]:
        """Yield two confirmed bookings that bind one person at one time, neither of them with a reason (R22).

        Of one server: what somebody does in another is nobody's business here. Whoever answered chose so.
        """
        asked = defaultdict(list)
        for row in self.tables["booking_person"].values():
            if row["is_asked"] and row["answer"] == "none":
                asked[row["booking_id"]].append((row["guild_id"], row["user_id"] or row["role_id"]))
        for one, other in _pairs(self._confirmed(), lambda row: asked[row["id"]]):
            if not one["reason"] and not other["reason"]:
                yield f"bookings {one['id']} and {other['id']} share a person, and nobody gave a reason"

    def _confirmed(self) -> list[dict[str, Any]]:
        rows = [row for row in self.tables["booking"].values() if row["state"] == "confirmed"]
        return sorted(rows, key=lambda row: str(row["start_at"]))

    def _moved(self) -> Iterator[str]:
        """Yield lines whose plan was moved by something else than the transfers that are kept (R17)."""
        moved: Counter[int] = Counter()
        for row in self.tables["budget_transfer"].values():
            if not row["is_undone"]:
                moved[row["source_id"]] -= row["amount_minor"]
                moved[row["target_id"]] += row["amount_minor"]
        for row in self.tables["budget_line"].values():
            if row["moved_minor"] != moved[row["id"]]:
                yield f"line {row['id']} says it moved {row['moved_minor']}, its transfers say {moved[row['id']]}"

    async def _reports(self, projects: set[int]) -> list[str]:
        """Hold each project's report against itself and against the rows (R13, R17, R19)."""
        found: list[str] = []
        async with self._db.read() as session:
            for project in (await session.scalars(select(Project).where(Project.id.in_(projects)))).all():
                report = await budget_report.report(session, project)
                found += [f"project {project.id}: {fault}" for fault in self._unbalanced(report)]
        for row in self.tables["project"].values():
            if row["id"] in projects and row["archived_at"] is None:
                found += [f"project {row['id']}: {fault}" for fault in await self._unsettled(row)]
        return found

    async def _unsettled(self, project: dict[str, Any]) -> list[str]:
        """Hold a project's settlement against itself: balances sum to zero, and the transfers clear them (R19)."""
        teller = Actor(project["guild_id"], 1, manages_server=True, is_producer=True, sees_money=True)
        settling = await SettleService(self._db, self._db.clock).show(teller, f"#{project['number']}")
        left = Counter(settling.settlement.balances)
        found = [f"the balances sum to {left.total()}"] if left.total() else []
        transfers = [(debt.debtor, debt.creditor, debt.minor) for debt in settling.debts]
        transfers += [(row.debtor_id, row.creditor_id, row.amount_minor) for row in settling.under_way]
        for debtor, creditor, minor in transfers:
            left[debtor] += minor
            left[creditor] -= minor
        return [*found, *([f"after all transfers {dict(left)} is left"] if any(left.values()) else [])]

    def _unbalanced(self, report: budget_report.Report) -> Iterator[str]:
        for column in COLUMNS:
            whole = getattr(report.standing, column)
            parts = sum(getattr(part.standing, column) for part in report.categories)
            lines = sum(getattr(line.standing, column) for part in report.categories for line in part.lines)
            if not whole == parts == lines:
                yield f"{column} is {whole}, its categories' {parts}, its lines' {lines}"
        for column, state in (("actual", "approved"), ("pending", "pending")):
            rows = self.tables["expense"].values()
            spent = sum(
                row["amount_minor"] for row in rows if row["project_id"] == report.project.id and row["state"] == state
            )
            if spent != getattr(report.standing, column):
                yield f"{column} is {getattr(report.standing, column)}, the {state} expenses are {spent}"
        if report.standing.committed < 0 or report.standing.exposure < 0:
            yield "a promise is below zero"


def _pairs(rows: list[dict[str, Any]], holders: Any) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield any two rows, sorted by start, that have a holder in common and overlap: `[start, end)` (R20)."""
    for place, one in enumerate(rows):
        for other in rows[place + 1 :]:
            if str(other["start_at"]) >= str(one["end_at"]):
                break
            if set(holders(one)) & set(holders(other)):
                yield one, other


def _difference(before: dict[str, Any] | None, after: dict[str, Any]) -> dict[str, Any]:
    if before is None:
        return after
    return {name: (before[name], value) for name, value in after.items() if before[name] != value}


def _differs(table: str, before: dict[str, Any] | None, after: dict[str, Any]) -> bool:
    """Tell whether a person's own row came or changed; how reminders fare is the desk's own business."""
    if table == "reminder":
        return before is None and after["number"] is not None and after["origin_id"] is None
    if table == "budget_category" and before is None:
        return bool(after["code"] == OWN_CATEGORY)  # the chart's are a template, and nobody's act
    return bool(set(_difference(before, after)) - OWN)
