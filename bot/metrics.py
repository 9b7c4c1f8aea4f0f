"""What the bot counts about itself: names of commands and durations, never who, where or what was typed."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

ANSWER_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
DELAY_BUCKETS = (0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300, 3600)
DATABASE_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5)
TRANSACTION = "transaction"
STATEMENTS = ("SELECT", "INSERT", "UPDATE", "DELETE")
disable_created_metrics()  # type: ignore[no-untyped-call]  # when a count began is of no use here, and would double the lines


class Metrics:
    """The counters of one bot; every label is one of a fixed set of words."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._commands = Counter(
            "backline_commands",
            "Commands, and presses of buttons, menus and forms, by what became of them.",
            ["kind", "name", "outcome"],
            registry=self.registry,
        )
        self._answering = Histogram(
            "backline_command_seconds",
            "From the arrival of a command or press to the end of its work.",
            ["kind", "name"],
            buckets=ANSWER_BUCKETS,
            registry=self.registry,
        )
        self._reminders = Counter(
            "backline_reminders", "Attempts to deliver a reminder.", ["outcome"], registry=self.registry
        )
        self._late = Counter(
            "backline_reminders_late", "Reminders that were sent so late that they say so.", registry=self.registry
        )
        self._delay = Histogram(
            "backline_reminder_delay_seconds",
            "From when a reminder was due until Discord had it.",
            buckets=DELAY_BUCKETS,
            registry=self.registry,
        )
        self._database = Histogram(
            "backline_database_seconds",
            "The time of statements, and of whole transactions that write.",
            ["kind"],
            buckets=DATABASE_BUCKETS,
            registry=self.registry,
        )
        # Found once: looking a label up takes longer than counting.
        self._asked = {word: self._database.labels(word.lower()) for word in STATEMENTS}
        self._asked[TRANSACTION[:6]] = self._database.labels(TRANSACTION)
        self._other = self._database.labels("other")
        self._gauges()

    def _gauges(self) -> None:
        """Make what is looked at only when somebody asks."""
        self.database_up = Gauge(
            "backline_database_up", "1 while the database answers within a second.", registry=self.registry
        )
        self.queue_age = Gauge(
            "backline_reminder_queue_age_seconds",
            "How long the oldest due reminder that nobody has taken on has waited.",
            registry=self.registry,
        )
        self.gateway_up = Gauge(
            "backline_gateway_up", "1 while a shard is connected.", ["shard"], registry=self.registry
        )

    def answered(self, kind: str, name: str, outcome: str, seconds: float) -> None:
        """Count a command or press that has ended; `name` is one that the program knows."""
        self._commands.labels(kind, name, outcome).inc()
        self._answering.labels(kind, name).observe(seconds)

    def reminded(self, outcome: str, delay: float, *, is_late: bool) -> None:
        """Count an attempt to deliver; `delay` in seconds counts only for what was sent."""
        self._reminders.labels(outcome).inc()
        if outcome == "sent":
            self._delay.observe(max(0.0, delay))
            if is_late:
                self._late.inc()

    def asked(self, statement: str, seconds: float) -> None:
        """Count a statement by its first word, or a transaction; this is called for every one."""
        (self._asked.get(statement[:6]) or self._other).observe(seconds)
