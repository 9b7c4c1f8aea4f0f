"""Starts the bot's own command line with discord.py pointed at a stand-in: `run_against.py BASE VERB`.

LEASE_SECONDS in the environment makes reminders of a killed process free again sooner than after a minute.
"""

import os
import sys
from datetime import timedelta

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.__main__ import main
from bot.services.reminder_due import DueService

if __name__ == "__main__":
    base, *arguments = sys.argv[1:]
    Route.BASE = f"{base}/api"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{base.replace('http', 'ws')}/gateway")
    if "LEASE_SECONDS" in os.environ:
        assert DueService.__init__.__kwdefaults__ is not None
        DueService.__init__.__kwdefaults__["lease"] = timedelta(seconds=float(os.environ["LEASE_SECONDS"]))
    sys.exit(main(arguments))
