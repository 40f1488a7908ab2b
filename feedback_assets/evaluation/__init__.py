"""Evaluation: golden scores, plans of prompt changes, drift and latency; every old score is stored."""
