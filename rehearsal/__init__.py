"""The bot against an offline Discord in the browser, with a band's sample data."""
