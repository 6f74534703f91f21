"""Passwords in records do not appear on pages."""

from copy import deepcopy

import pytest

from schemas.record_masking import MASK, mask
from tests.equipment.records import dependency, first_put

DAV = {
    "root": "/d",
    "dav_url": "https://ann:s3cret@dav.example.org/d",
    "dav_user": "ann",
    "dav_pw": "s3cret",
}


@pytest.mark.parametrize("store", ["datastore", "input_datastore"])
def test_the_password_of_a_data_store_is_hidden(store: str) -> None:
    given = first_put(**{store: {"type": "DavFsDataStore", "parameters": DAV}})
    before = deepcopy(given)
    masked = mask(given)
    assert masked[store]["parameters"] == {
        "root": "/d",
        "dav_url": f"https://ann:{MASK}@dav.example.org/d",
        "dav_user": "ann",
        "dav_pw": MASK,
    }
    assert given == before
    assert {key: masked[key] for key in masked if key != store} == {
        key: before[key] for key in before if key != store
    }


@pytest.mark.parametrize("key", ["PW", "db_Password", "client_secret", "TOKEN", "pwd"])
@pytest.mark.parametrize("value", ["s3cret", 12345, ["s3cret"], {"a": "s3cret"}])
def test_anything_that_is_called_a_secret_is_one(key: str, value: object) -> None:
    parameters = {"inner": [{key: value}]}
    masked = mask({"datastore": {"type": "Other", "parameters": parameters}})
    assert masked["datastore"]["parameters"] == {"inner": [{key: MASK}]}


@pytest.mark.parametrize("value", [None, ""])
def test_a_secret_that_is_not_there_is_not_hidden(value: object) -> None:
    masked = mask({"datastore": {"type": "DavFsDataStore", "parameters": {"dav_pw": value}}})
    assert masked["datastore"]["parameters"] == {"dav_pw": value}


def test_passwords_in_addresses_of_code_are_hidden() -> None:
    url = "https://ann:token@git.example.org/reef"
    hidden = f"https://ann:{MASK}@git.example.org/reef"
    masked = mask(
        first_put(
            repository={"url": url, "type": "GitRepository", "upstream": url},
            dependencies=[dependency(source=url)],
        )
    )
    assert masked["repository"] == {"url": hidden, "type": "GitRepository", "upstream": hidden}
    assert masked["dependencies"] == [dependency(source=hidden)]


@pytest.mark.parametrize(
    "url", ["https://git.example.org:8080/a@b", "ssh://git@git.example.org/a", "C:\\a@b", "a:b@c"]
)
def test_an_address_without_password_stays(url: str) -> None:
    given = first_put(repository={"url": url, "type": "GitRepository", "upstream": None})
    assert mask(given) == given
