"""What is under a seal, and where somebody is led."""

import pytest

from http_ingress.sealing import SECONDS, Forged, Seal, check_origin, onward

NOW = 1_800_000_000.7
OURS = Seal("known to us alone", "console")


@pytest.mark.parametrize("text", ["", "ada", "Søren\npassword:1", "x" * 500, "\0"])
def test_a_text_is_what_it_was_for_its_time(text: str) -> None:
    cookie = OURS.seal(text, NOW, "n")
    assert cookie.isascii()
    assert OURS.read(cookie, NOW) == text
    assert OURS.read(cookie, NOW + SECONDS - 1) == text
    assert OURS.read(cookie, NOW + SECONDS) is None


@pytest.mark.parametrize(
    "other", [Seal("known to another", "console"), Seal("known to us alone", "archive")], ids=repr
)
def test_another_secret_or_realm_breaks_the_seal(other: Seal) -> None:
    cookie = OURS.seal("ada", NOW, "n")
    assert other.read(cookie, NOW) is None
    assert other.token(cookie) != OURS.token(cookie)


def test_a_secret_is_not_shown() -> None:
    assert "known" not in repr(OURS)


@pytest.mark.parametrize("brought", ["", "wrong", "ü", None, 7])
def test_a_form_without_the_token_is_forged(brought: object) -> None:
    cookie = OURS.seal("ada", NOW, "n")
    with pytest.raises(Forged, match="CSRF Failed: CSRF token"):
        OURS.check_token({}, cookie, {"csrfmiddlewaretoken": brought})


def test_a_page_of_another_site_is_told() -> None:
    check_origin({"Origin": "https://reef.example"}, "inside:80", "https://reef.example/")
    with pytest.raises(Forged, match="does not match any trusted origins"):
        check_origin({"Origin": "https://evil.example"}, "inside:80", "https://reef.example/")


@pytest.mark.parametrize(
    ("wanted", "where"),
    [
        ("/admin/users/?done=add", "/admin/users/?done=add"),
        ("/admin/a b", "/admin/a b"),
        *((one, "/admin/") for one in (None, "", "/admin", "//admin/", "/admin/../x", "/admin/\n")),
        *((one, "/admin/") for one in ("/admin/\\x", "https://evil.example/admin/", "http://[")),
    ],
)
def test_nobody_is_led_away(wanted: str | None, where: str) -> None:
    assert onward(wanted, "/admin/") == where
