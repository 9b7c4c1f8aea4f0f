"""Alembic's entry: runs the migrations on the connection that `bot.migrate` hands in."""

from alembic import context

from bot import models
from bot.db import Base

assert models  # noqa: S101 - importing it is what registers the tables

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_server_default=False,
)
with context.begin_transaction():
    context.run_migrations()
