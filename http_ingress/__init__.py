"""The HTTP way in: requests become events, read models become responses."""
