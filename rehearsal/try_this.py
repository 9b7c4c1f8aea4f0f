"""What a visitor may try first: what it shows, the command to type, and the channel it fits in."""

TRY_THIS = (
    ("Book a session", "/booking new what:Vocals when:sat 2pm-6pm room:Room A people:@Sam", "studio"),
    ("See what is on", "/booking list", "studio"),
    ("What is left of the money?", "/budget left", "money"),
    ("Log an expense", "/budget spend amount:48.50 category:Studio what:Strings and picks", "money"),
    ("Set a deadline", "/deadline add what:Lyrics final due:fri 6pm who:@Sam", "album"),
    ("Be reminded", "/remind me what:Charge the recorder when:in 2 minutes", "general"),
    ("My week", "/today", "general"),
    ("Find a free slot", "/booking find length:3h within:next week room:Room A", "studio"),
)
