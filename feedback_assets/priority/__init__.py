"""The priority room: what to do about each cluster, and why; counts, trends, rates and the top problems."""
