"""What the platform polls by default, and where polls may go."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ops.reference_wiring import pollster, service_url
from ops.settings import Settings
from tests.web import Answer, serve


def settings(folder: Path, **more: object) -> Settings:
    return Settings(data_dir=folder, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("host", "netloc"),
    [
        ("127.0.0.1", "127.0.0.1:8093"),
        ("0.0.0.0", "127.0.0.1:8093"),  # noqa: S104 - as in a container
        ("::", "[::1]:8093"),
        ("::1", "[::1]:8093"),
        ("192.0.2.7", "192.0.2.7:8093"),
        ("archive.example", "archive.example:8093"),
    ],
)
def test_it_is_our_own_counter_on_the_port_that_is_listened_on(
    tmp_path: Path, host: str, netloc: str
) -> None:
    ours = settings(tmp_path, http_host=host, public_url="https://archive.example.org")
    assert service_url(ours, 8093) == f"http://{netloc}/reference/service/add"


def test_an_operator_may_name_another(tmp_path: Path) -> None:
    ours = settings(tmp_path, reference_service_url="http://ingress:8080/reference/service/add")
    assert service_url(ours, 8093) == "http://ingress:8080/reference/service/add"


@pytest.mark.parametrize("url", ["ingress:8080", "/add", "http://user:hunter2@ingress/add"])
def test_what_is_no_url_is_refused_at_the_start(tmp_path: Path, url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(tmp_path, reference_service_url=url)
    assert "reference_service_url" in str(caught.value)


def test_our_own_port_may_be_polled_and_no_other_of_this_machine(tmp_path: Path) -> None:
    with serve(lambda _: Answer()) as ours, serve(lambda _: Answer()) as other:
        there = settings(tmp_path)
        polls = pollster(there, service_url(there, ours.port))
        assert polls.poll(f"http://127.0.0.1:{ours.port}/reference/service/add").succeeded
        refused = polls.poll(f"http://127.0.0.1:{other.port}/reference/service/add")
        assert "MUNIMENT_FETCH_ALLOW" in refused.words
        allowing = settings(tmp_path, fetch_allow=f"127.0.0.1:{other.port}")
        polls = pollster(allowing, service_url(allowing, ours.port))
        assert polls.poll(f"http://127.0.0.1:{other.port}/").succeeded
        assert len(other.requests) == 1
