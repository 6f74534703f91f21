"""The parts that packages are made of: tables, sheets, archives, and where their rows come from."""
