"""Components as rows: their counters, descriptions and settings, and what a platform polls."""
