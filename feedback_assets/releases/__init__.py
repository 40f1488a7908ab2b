"""The releases room: what rose after a release, beyond chance and season, and what else may have caused it."""
