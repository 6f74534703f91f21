"""The commands, one module per group; each is imported when one of its commands is called."""
