"""What we say: events, their envelope and their names. Pure data, no I/O."""
