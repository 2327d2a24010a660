"""From an article to what a printer and a cutter take: functions from a thing to `{filename: bytes}`."""
