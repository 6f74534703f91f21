"""Who is let in by which token, and what everybody else is told: to the letter."""

import json
from collections.abc import Iterator

import pytest

from tests.equipment.archive import FORM, JSON
from tests.equipment.archive_portal import PASSWORD, Observatory, observatory
from tests.equipment.installations import Answer
from tests.equipment.portal import Astronomer

WRONG = {"non_field_errors": ["Unable to log in with provided credentials."]}
REQUIRED = ["This field is required."]


@pytest.fixture(scope="module")
def there(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Observatory]:
    with observatory(request, tmp_path_factory.mktemp("observatory")) as running:
        yield running


def refused(answer: Answer) -> str:
    """Return what is said with a 401, which always has the challenge."""
    assert answer.status == 401, answer
    assert answer.headers["www-authenticate"] == "Token"
    assert list(answer.json) == ["detail"]
    return str(answer.json["detail"])


@pytest.mark.parametrize(
    ("credentials", "said"),
    [
        ("Token 0123456789012345678901234567890123456789", "Invalid token."),
        ("Token mnt_nobody", "Invalid token."),
        ("token wrong", "Invalid token."),
        ("Token", "Invalid token header. No credentials provided."),
        ("Token ", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Bearer unknown", "No Such User"),
        ("Bearer", "No Such User"),
        ("Bearer mnt_nobody", "No Such User"),
    ],
)
@pytest.mark.parametrize("path", ["/frames/", "/profile/", "/versions/"])
def test_whom_nobody_knows_is_refused_everywhere(
    there: Observatory, path: str, credentials: str, said: str
) -> None:
    assert refused(there.ask(path, credentials)) == said


def test_a_token_that_is_no_ascii_is_refused(there: Observatory) -> None:
    said = refused(there.ask("/profile/", "Token \xfc"))
    assert said == "Invalid token header. Token string should not contain invalid characters."


@pytest.mark.parametrize("credentials", [None, "", "Basic YWRhOmFkYQ==", "Digest x", "Basic"])
def test_other_schemes_count_as_none(there: Observatory, credentials: str | None) -> None:
    answer = there.ask("/profile/", credentials)
    assert answer.status == 200
    assert answer.json == {"username": "", "profile": {}, "is_staff": False}
    said = "Authentication credentials were not provided."
    assert refused(there.ask("/versions/", credentials)) == said
    assert refused(there.ask("/revoke_token/", credentials, "POST")) == said


def test_who_is_known_and_may_not_is_told_so(there: Observatory) -> None:
    said = {"detail": "You do not have permission to perform this action."}
    tokens = there.archive.tokens
    for path, user, method in (
        ("/versions/", "ada", "GET"),
        ("/frames/", "ada", "POST"),
        ("/frames/", "stan", "POST"),
        ("/frames/1/", "stan", "DELETE"),
        ("/thumbnails/", "stan", "POST"),
    ):
        answer = there.ask(path, f"Token {tokens[user]}", method)
        assert (answer.status, answer.json) == (403, said)
    assert there.ask("/versions/", f"Token {tokens['stan']}").status == 200


def test_who_is_disabled_is_told_so(there: Observatory) -> None:
    accounts = there.archive.running.store.accounts
    accounts.add_user("eve", PASSWORD)
    token = there.archive.running.store.archive_users.token("eve")
    accounts.disable("eve")
    assert refused(there.ask("/profile/", f"Token {token}")) == "User inactive or deleted."
    answer = there.log_in({"username": "eve", "password": PASSWORD})
    assert (answer.status, answer.json) == (400, WRONG)


def test_a_profile(there: Observatory) -> None:
    tokens = there.archive.tokens
    answer = there.ask("/profile/", f"Token {tokens['ada']}")
    assert answer.json == {
        "username": "ada",
        "profile": {"proposals": ["PROP-1"]},
        "is_staff": False,
    }
    assert there.whom(f"token  {tokens['bob']}") == ("bob", [], False)
    assert there.whom(f"Token {tokens['root']}")[::2] == ("root", True)


def test_tokens_of_the_accounts_get_in_by_either_scheme_and_are_not_shown_to_the_portal(
    there: Observatory,
) -> None:
    _, secret = there.archive.running.store.accounts.create_token("ada", "ingester")
    asked = len(there.portal.web.requests)
    for scheme in ("Token", "Bearer"):
        assert there.whom(f"{scheme} {secret}")[0] == "ada"
    assert len(there.portal.web.requests) == asked


def test_a_password_gets_a_token(there: Observatory) -> None:
    said = {"username": "bob", "password": PASSWORD}
    answer = there.log_in(said)
    assert (answer.status, answer.json) == (200, {"token": there.archive.tokens["bob"]})
    assert answer.headers["cache-control"] == "no-store"
    form = b"username=+bob+&password=correct+horse+battery"
    for content_type, body in ((FORM, form), (JSON, json.dumps(said).encode())):
        answer = there.archive.call("POST", "/api-token-auth/", body, content_type=content_type)
        assert answer.status == 200, answer


def test_who_is_known_already_needs_no_password(there: Observatory) -> None:
    token = there.archive.tokens["ada"]
    answer = there.log_in({"username": "x", "password": "y"}, authorization=f"Token {token}")
    assert (answer.status, answer.json) == (200, {"token": token})


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({}, {"username": REQUIRED, "password": REQUIRED}),
        ({"username": "bob"}, {"password": REQUIRED}),
        (
            {"username": " ", "password": None},
            {
                "username": ["This field may not be blank."],
                "password": ["This field may not be null."],
            },
        ),
        (
            {"username": ["bob"], "password": True},
            {"username": ["Not a valid string."], "password": ["Not a valid string."]},
        ),
        ({"username": "bob", "password": "wrong"}, WRONG),
        ({"username": "nobody", "password": PASSWORD}, WRONG),
        ({"username": "a\0b", "password": "\0"}, WRONG),
        ({"username": 7, "password": 7.5}, WRONG),
        (
            [1],
            {"non_field_errors": ["Invalid data. Expected a dictionary, but got list."]},
        ),
    ],
)
def test_what_gets_no_token(there: Observatory, said: object, told: object) -> None:
    answer = there.log_in(said)
    assert (answer.status, answer.json) == (400, told)


def test_a_revoked_token_is_dead_at_once(there: Observatory) -> None:
    there.portal.mood = "well"
    cyd = there.portal.add(Astronomer("cyd"))
    first = there.log_in({"username": "cyd", "password": cyd.password}).json["token"]
    assert there.whom(f"Token {first}")[0] == "cyd"
    answer = there.ask("/revoke_token/", f"Token {first}", "POST")
    assert (answer.status, answer.json) == (200, {"message": "API token revoked."})
    assert refused(there.ask("/profile/", f"Token {first}")) == "Invalid token."
    second = there.log_in({"username": "cyd", "password": cyd.password}).json["token"]
    assert second != first
    assert there.whom(f"Token {second}")[0] == "cyd"
