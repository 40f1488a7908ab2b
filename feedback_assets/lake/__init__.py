"""Delta in and out: the store, frames and contracts derived from `tables`, the lease and the memo.

Nothing here knows what a table means, and nothing imports dagster.
"""
