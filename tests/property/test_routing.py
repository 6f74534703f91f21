"""Topic patterns against a model that tries every way to fill them in."""

from itertools import chain, product

from hypothesis import given
from hypothesis import strategies as st

from consumers.registry import CONSUMERS
from schemas.routing import exchange, is_type_name, matches, routing_key

words = st.sampled_from(["a", "b", "v1", ""])
keys = st.lists(words, min_size=1, max_size=5).map(".".join)
patterns = st.lists(words | st.sampled_from(["*", "#"]), min_size=1, max_size=5).map(".".join)


def filled_in(pattern: str, key: str) -> bool:
    """Whether some choice of words for each `*` and `#` turns the pattern into the key."""
    parts = key.split(".")
    ways = []
    for word in pattern.split("."):
        if word == "#":
            runs = [parts[i:j] for i in range(len(parts) + 1) for j in range(i, len(parts) + 1)]
            ways.append(runs)
        else:
            ways.append([[part] for part in parts] if word == "*" else [[word]])
    return any(list(chain.from_iterable(choice)) == parts for choice in product(*ways))


@given(patterns, keys)
def test_patterns_match_like_the_model(pattern: str, key: str) -> None:
    assert matches(pattern, key) == filled_in(pattern, key)


@given(keys)
def test_a_key_matches_itself_and_everything(key: str) -> None:
    assert matches(key, key)
    assert matches("#", key)
    assert matches(".".join("*" * len(key.split("."))), key)


@given(st.text(max_size=40) | st.from_regex(r"muniment\.[a-z_]+\.[a-z_]+\.v[0-9]+"))
def test_any_type_has_an_exchange_and_a_key(name: str) -> None:
    assert exchange(name).startswith("muniment.")
    assert name in {routing_key(name), f"muniment.{routing_key(name)}"}
    if is_type_name(name):
        assert len(name.split(".")) == 4


@given(keys)
def test_a_consumer_is_bound_for_nothing_but_its_type(key: str) -> None:
    for consumer in CONSUMERS:
        for _, pattern in consumer.bindings:
            if consumer.type is not None:
                assert matches(pattern, key) == (key == routing_key(consumer.type))
