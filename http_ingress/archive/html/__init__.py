"""Pages of the archive, for people; each address has a twin in JSON."""
