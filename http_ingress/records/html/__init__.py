"""Pages of projects and records, for people."""
