"""Zip files that are sent while they are made: their records, and those that are only stored."""
