"""The crash explorer: one death at each point that a dry run came to, and then the reckoning."""

import random
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fault.explorer.asking import Client
from tests.fault.explorer.lives import Lives
from tests.fault.explorer.points import Death
from tests.fault.explorer.scenarios import Scenario
from tests.services.waiting import until

PATIENCE_SECONDS = 60


@dataclass(frozen=True)
class Plan:
    """One death, and what is asked for in the life that it ends."""

    death: Death
    scenario: Scenario


@dataclass
class Exploration:
    """What was found and done."""

    client: Client
    plans: list[Plan] = field(default_factory=list)
    """Every death there is to die, in the order of the way."""
    left_out: list[Plan] = field(default_factory=list)
    died: dict[str, Plan] = field(default_factory=dict)
    """What was asked for in each life that ended where it should: name → how it ended."""
    died_early: list[Plan] = field(default_factory=list)
    """Lives that ended where they should, before anything could be asked for."""
    missed: list[Plan] = field(default_factory=list)
    """Lives that did not come to the point, and ended well."""
    replayed: int = 0
    """Events that were parked since processes had died of them, and replayed."""
    asked: dict[str, Scenario] = field(default_factory=dict)
    """Everything asked for, by name."""

    @property
    def points(self) -> set[str]:
        """The points there are."""
        return {plan.death.point for plan in self.plans}


def survey(
    lives: Lives, exploration: Exploration, scenarios: Sequence[Scenario], occurrences: int
) -> None:
    """Live through each scenario without dying, and plan deaths for each point come to.

    A point that is come to more often is died at the first `occurrences` times.
    """
    known: set[Death] = set()
    for scenario in scenarios:
        assert not _live(lives, exploration, Plan(Death("nowhere"), scenario), dry=True)
        for point, times in lives.points().items():
            for occurrence in range(1, 1 + min(occurrences, times)):
                death = Death(point, occurrence)
                if death not in known:
                    known.add(death)
                    exploration.plans.append(Plan(death, scenario))
    assert not exploration.client.unanswered


def explore(lives: Lives, exploration: Exploration, deaths: int) -> None:
    """Die so many of the planned deaths: spread evenly over the way, or in several rounds.

    Their order is shuffled: an event at whose beginning one process after the other died would
    rightly be taken for one that kills them.
    """
    plans = exploration.plans
    if deaths < len(plans):
        chosen = [plans[number * len(plans) // deaths] for number in range(deaths)]
    else:
        chosen = [*plans * (deaths // len(plans)), *plans[: deaths % len(plans)]]
    died_of = {plan.death for plan in chosen}
    exploration.left_out = [plan for plan in plans if plan.death not in died_of]
    random.Random(1).shuffle(chosen)  # noqa: S311 - a repeatable choice, no secret
    for plan in chosen:
        if not _live(lives, exploration, plan):
            exploration.missed.append(plan)


def _live(lives: Lives, exploration: Exploration, plan: Plan, *, dry: bool = False) -> bool:
    """Live one life; whether it ended in the planned death."""
    name = str(uuid.uuid4())
    plan.scenario.prepare(name)
    life = lives.begin(None if dry else plan.death)
    if life is None:
        exploration.died_early.append(plan)
        return True
    exploration.asked[name] = plan.scenario
    if exploration.client.ask(life.url, name, plan.scenario.ask(name)):
        until(
            lambda: plan.scenario.is_over(name) or not lives.alive(),
            seconds=PATIENCE_SECONDS,
            what=f"the end of what was asked for in {plan.scenario.title}",
        )
    died = lives.drain()
    if died:
        exploration.died[name] = plan
    return died


def tally(plans: Sequence[Plan]) -> str:
    """Say how many plans there are of each scenario."""
    return ", ".join(
        f"{n} {title}" for title, n in Counter(p.scenario.title for p in plans).items()
    )
