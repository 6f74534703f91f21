"""One setting of a component, as an operator changes it who looks at nothing else."""

from producers.components import Components


def change_setting(components: Components, name: str, setting: str, text: str, who: str) -> str:
    """Set it, and return the text that is kept. Raises SettingsError."""
    return components.change_settings(name, {setting: (text, None)}, who)[setting]
