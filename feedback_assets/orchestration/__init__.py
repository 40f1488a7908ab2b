"""What runs the graph: the runner, prompt backfills, dead runs, the event log."""
