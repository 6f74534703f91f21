"""What responses look like: the models that are rendered, and that /openapi.json shows."""
