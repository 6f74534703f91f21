"""Many who post, change and delete the same few frames at once: nobody waits for ever."""

import random
from concurrent.futures import ThreadPoolExecutor

from store.database import Database
from store.frames.repository import SqlFrames
from tests.equipment.frame_steps import FIELDS, NAMES, Step, carry_out, counted, found

THREADS = 4
TRANSACTIONS = 25


def rush(database: Database, seed: int) -> None:
    """Carry out steps, a few in each transaction."""
    chance = random.Random(seed)  # noqa: S311 - the same in every run
    for _ in range(TRANSACTIONS):
        with database.transaction() as transaction:
            frames = SqlFrames(transaction, database)
            # In order, or two would wait for each other.
            for name in sorted(chance.sample(NAMES, 2)):
                what = chance.choice(["post", "post", "describe", "change", "delete"])
                fields = {key: chance.choice(values) for key, values in FIELDS.items()}
                carry_out(frames, Step(what, name, fields))


def test_what_is_kept_is_what_a_count_finds(database: Database) -> None:
    """Nothing is lost between those who add and those who take away."""
    with ThreadPoolExecutor(THREADS) as pool:
        for done in [pool.submit(rush, database, seed) for seed in range(THREADS)]:
            done.result()
    # Whatever came last of the others may have left nothing.
    with database.transaction() as transaction:
        fields = {key: values[-1] for key, values in FIELDS.items()}
        carry_out(SqlFrames(transaction, database), Step("post", NAMES[0], fields))
    assert found(database)
    assert found(database) == counted(database)
