"""The statistics page, its JSON and CSV twins, its plots, and what streams have counted."""
