"""Feedback Assets: customer feedback in, prioritised and proven fixes out."""
