"""Settings of the reference service and platform, `/reference`."""

from pydantic import field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from schemas.component_settings import read_setting
from schemas.components import PLATFORM


class ReferenceSettings(BaseSettings):
    """What an operator may decide about them, besides what is set at /admin/."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    reference_service_url: str = ""
    """What the platform at /reference polls unless something else is set at /admin/; it may be on
    a private network. Empty: the counter of this archive, where the ingress listens."""
    reference_requires_operator: bool = False
    """Whether `reset`, `setinfo`, `start`, `stop` and the buttons of /reference are for operators;
    by default they are open to everybody, as clients have always known them."""

    @field_validator("reference_service_url")
    @classmethod
    def _is_url(cls, text: str) -> str:
        return read_setting(PLATFORM, "service_url", text)
