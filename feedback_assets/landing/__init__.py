"""The one door: everything enters as immutable JSON Lines objects, and bronze holds it as it came."""
