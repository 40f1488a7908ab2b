"""Evaluation: measures what the rooms say against what people know, and keeps every old score."""
