"""Delta in and out: the store, frames and contracts derived from `tables.py`, and the IO manager.

Nothing here knows what a table means. Only `io_manager` imports dagster.
"""
