"""Starts the bot's own command line with discord.py pointed at a stand-in: `run_against.py BASE VERB`."""

import sys

import yarl
from discord.gateway import DiscordWebSocket
from discord.http import Route

from bot.__main__ import main

if __name__ == "__main__":
    base, *arguments = sys.argv[1:]
    Route.BASE = f"{base}/api"
    DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(f"{base.replace('http', 'ws')}/gateway")
    sys.exit(main(arguments))
