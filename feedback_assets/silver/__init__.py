"""The silver room: one canonical row for each item, without personal data and counted once."""
