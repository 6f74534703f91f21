"""Keys mean one place each, in whatever store."""

import pytest

from store.keys import content_key, staging_key
from store.object_keys import check_key, check_prefix


@pytest.mark.parametrize("key", [content_key("ab" * 32), staging_key("018f"), "x", "a/.b", "a..b"])
def test_good_keys(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "a/../b", ".a/b", "..", "a\\b", "a\0"])
def test_bad_keys(key: str) -> None:
    with pytest.raises(ValueError, match="object key"):
        check_key(key)


@pytest.mark.parametrize("prefix", ["", "a", "a/", "a/b", "staging/"])
def test_good_prefixes(prefix: str) -> None:
    assert check_prefix(prefix) == prefix


@pytest.mark.parametrize("prefix", ["/", "a//", "../", "a/../", ".a/"])
def test_bad_prefixes(prefix: str) -> None:
    with pytest.raises(ValueError, match="object key"):
        check_prefix(prefix)
