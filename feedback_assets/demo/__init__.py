"""The bundled story: a seeded shop with planted problems, its truth, and how tickets are scored against it."""
