"""How Hypothesis works here: no stopwatch, since the machines of CI are not all quick."""

from hypothesis import settings

from tests.equipment.fixtures import shared_postgresql_url

__all__ = ["shared_postgresql_url"]

settings.register_profile("muniment", deadline=None, max_examples=100)
settings.load_profile("muniment")
