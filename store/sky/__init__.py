"""Where on the sky a frame lies: its area, the cells that index it, and what meets it."""
