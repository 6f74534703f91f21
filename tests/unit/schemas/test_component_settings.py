"""What can be set of a component, and what cannot be its value."""

import pytest

from schemas.component_settings import (
    LONGEST_URL,
    LONGEST_WAIT,
    SETTINGS,
    SettingError,
    check_bounds,
    read_setting,
)
from schemas.components import COMPONENTS, PLATFORM, SERVICE


def test_every_component_has_its_documents_and_the_platform_its_polling() -> None:
    documents = {"doc", "releasenotes", "source", "licence", "provenance", "factsheet"}
    assert SETTINGS.keys() == COMPONENTS.keys()
    assert SETTINGS[SERVICE].keys() == documents
    assert SETTINGS[PLATFORM].keys() == documents | {"service_url", "min_sec", "max_sec"}
    assert SETTINGS["packager"].keys() == documents | {"tryme"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_default_is_a_value_and_what_empty_stands_for(component: str) -> None:
    for name, setting in SETTINGS[component].items():
        assert read_setting(component, name, setting.default) == setting.default
        assert read_setting(component, name, "  ") == setting.default
        assert setting.text


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/docs?a=b#c",
        "http://127.0.0.1:8080/reference/service/add",
        "http://[::1]:8080/x",
        "https://bücher.example/é",
        "HTTPS://EXAMPLE.ORG",
        f"https://example.org/{'a' * (LONGEST_URL - 20)}",
    ],
    ids=lambda url: url[:40],
)
def test_urls_are_absolute(url: str) -> None:
    assert read_setting(SERVICE, "doc", f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        *("/docs", "docs", "//example.org/docs", "ftp://example.org", "javascript:alert(1)"),
        *("http://", "http:///x", "http://user@example.org", "http://user:password@example.org"),
        *("http://@example.org", "http://example.org:99999", "http://example.org:x", "http://[::1"),
        *(
            "http://example.org/a b",
            "http://example.org/\n",
            "http://exa\0mple.org",
            "mailto:a@b.c",
        ),
        *("http:\\\\example.org", "data:text/html,x", f"https://example.org/{'a' * LONGEST_URL}"),
    ],
    ids=lambda url: ascii(url)[:40],
)
def test_what_is_no_url_for_everybody_is_refused(url: str) -> None:
    if url.endswith("\n"):
        url += "x"
    with pytest.raises(SettingError):
        read_setting(PLATFORM, "service_url", url)


def test_secrets_are_not_repeated() -> None:
    with pytest.raises(SettingError) as caught:
        read_setting(SERVICE, "doc", "https://user:hunter2@example.org")
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(("text", "kept"), [("1", "1"), (" 007 ", "7"), ("86400", "86400")])
def test_seconds_are_whole_numbers(text: str, kept: str) -> None:
    assert read_setting(PLATFORM, "min_sec", text) == kept


@pytest.mark.parametrize(
    "text", ["0", "-1", "+1", "1.5", "1e3", "ten", "٣", "²", str(LONGEST_WAIT + 1), "9" * 5000]
)
def test_what_nobody_can_wait_for_is_refused(text: str) -> None:
    with pytest.raises(SettingError):
        read_setting(PLATFORM, "max_sec", text)


def test_bounds_are_in_order() -> None:
    check_bounds(1, 1)
    check_bounds(1, 10)
    with pytest.raises(SettingError, match="must not be below"):
        check_bounds(10, 9)


@pytest.mark.parametrize(("component", "name"), [(SERVICE, "min_sec"), ("nobody", "doc")])
def test_there_is_nothing_else_to_set(component: str, name: str) -> None:
    with pytest.raises(SettingError, match="has no setting"):
        read_setting(component, name, "1")
