"""Plots of the statistics, as SVG, by matplotlib."""
