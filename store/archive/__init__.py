"""Who enters the science archive, how often, and by which links."""
