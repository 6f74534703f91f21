"""What this installation can do on this machine, as ratios to the least that must be done."""
