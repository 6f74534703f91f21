"""The one runtime of all consumers: decode, deduplicate, handle, commit, acknowledge."""
