"""The rules of the trade, one file per stem; `Services` wires them to one database and one clock."""

from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import Clock
from bot.db import Base, Database
from bot.models.booking import Booking
from bot.models.budget import BudgetPayment, Expense
from bot.models.callsheet import CallSheet, CallTime
from bot.models.deadline import Deadline, DeadlineLink, DeadlinePerson
from bot.models.reminder import ReminderKind
from bot.models.room import Room
from bot.models.settings import GuildSettings, MemberSettings
from bot.services import (
    booking,
    booking_nudge,
    booking_prompts,
    budget_decide,
    budget_due,
    budget_paid,
    budget_paid_words,
    budget_warning,
    callsheet,
    deadline,
    deadline_cards,
    deadline_chain,
    deadline_freed,
    deadline_pings,
    digest,
    digest_words,
    event,
    room,
)
from bot.services.availability import AvailabilityService
from bot.services.booking import BookingService
from bot.services.booking_close import BookingCloseService
from bot.services.booking_nudge import BookingNudgeService
from bot.services.booking_parts import BookingPartService
from bot.services.booking_week import WeekService
from bot.services.budget import BudgetService
from bot.services.budget_paid import SettleService
from bot.services.budget_promise_edit import PromiseService
from bot.services.budget_template import BudgetTemplateService
from bot.services.budget_template_rows import begin_with
from bot.services.calendar import CalendarService
from bot.services.callsheet import CallSheetService
from bot.services.data import DataService
from bot.services.deadline import DeadlineService
from bot.services.deadline_cards import DeadlineCardService
from bot.services.digest import DigestService
from bot.services.event import EventService
from bot.services.home import HomeService
from bot.services.memo import MemoService
from bot.services.project import ProjectService
from bot.services.reminder import ReminderService
from bot.services.reminder_due import DueService
from bot.services.reminder_edit import ReminderEditService
from bot.services.reminder_words import Sources
from bot.services.room import RoomService
from bot.services.settings import SettingsService
from bot.services.settings_pings import PingService
from bot.services.undo import Check, UndoService

# Where reminders find what they speak of.
SOURCES = Sources(
    bookings=booking.describe,
    release=booking.release_expired,
    deadlines=deadline.describe,
    digest=digest_words.tell,
    wordings={
        ReminderKind.CALL_SHEET: callsheet.leaving,
        ReminderKind.FREED: deadline_freed.tell,
        ReminderKind.CARD: booking_nudge.show_cards,
        ReminderKind.NUDGE: booking_nudge.ask_again,
        ReminderKind.QUORUM: booking_nudge.warn_of_gaps,
        ReminderKind.CLOSE: booking_prompts.ask_to_close,
        ReminderKind.FREE_CANCEL: booking_prompts.warn_of_fee,
        ReminderKind.OVERAGE: budget_warning.describe,
        ReminderKind.EXPENSE: budget_decide.describe,
        ReminderKind.PROMISE: budget_due.describe,
        ReminderKind.PAYMENT: budget_paid_words.describe,
    },
)


async def _set(session: AsyncSession, settings: GuildSettings) -> None:
    """Plan anew what follows from what a server sets in its panel."""
    await digest.replan(session, settings)
    await event.follow(session, settings)


async def _follow(session: AsyncSession, settings: GuildSettings) -> None:
    """Plan anew what follows from a server's settings."""
    await _set(session, settings)
    await deadline_pings.follow(session, settings)


# The rules that must hold for what an undo brings back.
CHECKS: dict[type[Base], Check] = {
    Booking: booking.recheck,
    CallSheet: callsheet.recheck,
    CallTime: callsheet.recheck,
    Deadline: deadline_freed.recheck,
    DeadlineLink: deadline_chain.recheck,
    DeadlinePerson: deadline_cards.recheck,
    BudgetPayment: budget_paid.recheck,
    Expense: budget_decide.recheck,
    GuildSettings: _follow,
    MemberSettings: deadline_pings.follow,
    Room: room.recheck,
}


class Services:
    """Everything a face may call, by stem."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self.db = db
        self.clock = clock
        self.memo = MemoService(db, clock)
        self.settings = SettingsService(db, clock, _set)
        self.project = ProjectService(db, clock, begin_with)
        self.room = RoomService(db, clock)
        self.budget = BudgetService(db, clock, self.settings)
        self.promise = PromiseService(db, clock)
        self.budget_template = BudgetTemplateService(db, clock)
        self.settle = SettleService(db, clock)
        if budget_warning.watch not in db.before_commit:
            db.before_commit.append(budget_warning.watch)
        self.deadline = DeadlineService(db, clock)
        self.deadline_cards = DeadlineCardService(db, clock)
        self.availability = AvailabilityService(db, clock)
        self.booking = BookingService(db, clock)
        self.booking_close = BookingCloseService(db, clock)
        self.booking_nudge = BookingNudgeService(db, clock)
        self.booking_parts = BookingPartService(db, clock)
        self.week = WeekService(db, clock)
        self.callsheet = CallSheetService(db, clock)
        self.calendar = CalendarService(db, clock)
        self.event = EventService(db, clock)
        self.home = HomeService(db, clock)
        self.reminder = ReminderService(db, clock)
        self.reminder_edit = ReminderEditService(db, clock)
        self.pings = PingService(db, clock, deadline_pings.replan)
        self.due = DueService(db, clock, SOURCES)
        self.digest = DigestService(db, clock)
        self.data = DataService(db, clock)
        self.undo = UndoService(db, clock, CHECKS)
