"""The command line: `main` and the commands that span rooms; a room's own command is its `cli.py`."""
