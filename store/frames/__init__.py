"""Frames of the science archive: what is known of them, and where their bytes are."""
