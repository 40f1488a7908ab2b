"""The clusters room: the same issue told by many, with an identity that lasts from day to day."""
