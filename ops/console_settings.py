"""Settings of the operators' console, `/admin/`."""

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ConsoleSettings(BaseSettings):
    """What an operator may decide about the console."""

    model_config = SettingsConfigDict(use_attribute_docstrings=True)

    console_secret: SecretStr | None = None
    """What sessions of /admin/ are signed with, the same in every ingress; empty: made at the first
    start, and kept in `console.secret` in the data directory."""
