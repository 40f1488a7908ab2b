"""Delta in and out: the store, frames and contracts derived from `tables`, the lease and the cache of row-wise work.

Nothing here knows what a table means, and nothing imports dagster.
"""
