"""Running it: settings, wiring, command line, topology, bench."""
