"""Tickets: what should exist in the tracker, planned from tables, then delivered exactly once."""
