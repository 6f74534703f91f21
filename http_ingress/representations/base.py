"""What responses look like: the models that are rendered, and that /openapi.json shows."""

from pydantic import BaseModel, ConfigDict


class Body(BaseModel):
    """Base of every response body that is a model."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    def json_bytes(self) -> bytes:
        """Return the response body."""
        return self.model_dump_json().encode()
