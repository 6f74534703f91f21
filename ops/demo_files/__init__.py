"""Real files for the demo, made on the spot: an image, a table, a document."""
