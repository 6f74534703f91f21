"""`muniment packager`, in this process, against a server that answers what a test tells it to."""

import json
import re
import signal
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
from typer.testing import CliRunner

from ops.commands.caller import Caller
from ops.packager_client import RequestFailedError, ask
from tests.command_line import PATIENCE_SECONDS, CommandLine, Ran, in_process
from tests.services.ports import free_ports
from tests.web import Answer, Request, Web, serve

KEY = "0198c3a2-0000-7000-8000-000000000001"
TOTALS = {"*": {"requests": 7, "emails": 3, "errors": 1}, "r-1": {"requests": 5, "errors": 0}}
QUEUED = {"status": "success", "message": "Soon: €", "operation": KEY}

Answers = dict[str, Any]
Run = Callable[..., Ran]


@pytest.fixture
def answers() -> Answers:
    """What the server says, by path: JSON, or an `Answer`."""
    return {}


@pytest.fixture
def server(answers: Answers) -> Iterator[Web]:
    def answer(request: Request) -> Answer:
        found = answers.get(request.path.partition("?")[0], Answer(404, b'{"detail": "no such"}'))
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found if isinstance(found, Answer) else Answer(200, json.dumps(found).encode())

    with serve(answer) as web:
        yield web


@pytest.fixture
def run(server: Web, tmp_path: Path) -> Run:
    """Run `muniment packager` against the server, with the secret `s3cret` for this machine."""

    def run(*arguments: str | Path, **settings: str) -> Ran:
        ours = {
            "data_dir": str(tmp_path / "var"),
            "http_port": str(server.port),
            "packager_secret": "s3cret",
        }
        return in_process("packager", *arguments, **{**ours, **settings})

    return run


def sent(request: Request) -> Mapping[str, str]:
    """Return the fields of a form."""
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"
    pairs = parse_qsl(request.body.decode(), keep_blank_values=True, errors="surrogateescape")
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def told(doing: str, answer: object) -> str:
    """Return what is printed of an answer."""
    return f"{doing}\nResponse:\n{json.dumps(answer, indent=2)}\n"


# --- what is sent, and printed ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("status", ("status", "Fetching status.")),
        ("clear-cache", ("clear_caches", "Clearing caches.")),
        ("cc", ("clear_caches", "Clearing caches.")),
        ("statistics", ("statistics", "Fetching statistics.")),
        ("stats totals", ("statistics", "Fetching statistics.")),
    ],
)
def test_a_command_sends_the_secret_and_prints_the_answer(
    run: Run, server: Web, answers: Answers, command: str, said: tuple[str, str]
) -> None:
    path, doing = said
    answer = answers[f"/packager/{path}"] = {"worker_count": 2, "text": "é", "list": []}
    ran = run(*command.split())
    assert (ran.code, ran.out, ran.err) == (0, told(doing, answer), "")
    [request] = server.requests
    assert sent(request) == {"secret": "s3cret"}


def test_another_packager_is_named_with_and_without_a_slash_at_the_end(
    run: Run, server: Web, answers: Answers
) -> None:
    answers["/elsewhere/status"] = {}
    for slash in ("", "/", "//"):
        assert run("-p", f"http://127.0.0.1:{server.port}/elsewhere{slash}", "status").code == 0
    assert [one.path for one in server.requests] == ["/elsewhere/status"] * 3


def test_lists_are_paged_and_filtered(run: Run, server: Web, answers: Answers) -> None:
    answers["/packager/statistics/requests"] = {"success": True, "requests": []}
    answers["/packager/statistics/errors"] = {"success": True, "errors": []}
    assert run("-o", "5", "-r", "r-1", "stats", "requests").code == 0
    assert run("statistics", "errors", "-l", "3", "-e", "ada@é.example", "-s", "own").code == 0
    first, second = map(sent, server.requests)
    assert first == {"offset": "5", "limit": "100", "resource_id": "r-1", "secret": "s3cret"}
    assert second == {"offset": "0", "limit": "3", "email": "ada@é.example", "secret": "own"}


def test_totals_of_one_resource_are_asked_for(run: Run, server: Web, answers: Answers) -> None:
    answers["/packager/statistics"] = {"totals": {}}
    assert run("stats", "-r", "r-1").code == 0
    assert sent(server.requests[0]) == {"secret": "s3cret", "resource_id": "r-1"}


def test_a_task_is_queued_with_defaults_and_parameters(
    run: Run, server: Web, answers: Answers, tmp_path: Path
) -> None:
    answers["/packager/package_url"] = QUEUED
    file = tmp_path / "cli.json"
    file.write_text('{"email": "ada@example.org", "limit": 5, "doi": "10.1/x", "filters": {}}')
    ran = run("queue", "package_url", "doi:", "q:Müller: größte", "q2:\udcff", "-d", file)
    assert (ran.code, ran.out) == (0, told("Adding package_url task to queue.", QUEUED))
    assert sent(server.requests[0]) == {
        "secret": "s3cret",
        "email": "ada@example.org",
        "limit": "5",
        "filters": "{}",
        "doi": "",
        "q": "Müller: größte",
        "q2": "\udcff",
    }
    run("-D", "-d", file, "queue", "package_url", "a:b")
    assert sent(server.requests[1]) == {"secret": "s3cret", "a": "b"}


def test_secrets_of_parameters_come_before_options_before_files_before_this_machines(
    run: Run, server: Web, answers: Answers, tmp_path: Path
) -> None:
    answers["/packager/t"] = answers["/packager/status"] = {}
    (tmp_path / "cli.json").write_text('{"secret": "of the file"}')
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "packager.secret").write_text("made\n")
    file = ("-d", tmp_path / "cli.json")
    run(*file, "-s", "of the option", "queue", "t", "secret:of the parameter")
    for asked in (("queue", "t"), ("status",)):
        run(*file, "-s", "of the option", *asked)
        run(*file, *asked)
        run(*asked)
        run(*asked, packager_secret="")
    used = [sent(one)["secret"] for one in server.requests]
    assert used == ["of the parameter", *["of the option", "of the file", "s3cret", "made"] * 2]


def test_the_secret_of_this_machine_is_told_to_no_other(tmp_path: Path) -> None:
    (tmp_path / "packager.secret").write_text("made\n")
    with CliRunner().isolation(env={"MUNIMENT_DATA_DIR": str(tmp_path)}):
        called = Caller(None, None)
        assert called.packager_secret("http://[::1]:8080/packager") == "made"
        assert called.packager_secret("http://10.0.0.7/packager") is None
        assert called.packager_secret("https://packager.example.org") is None


def test_without_any_secret_the_packager_says_so(run: Run, server: Web, answers: Answers) -> None:
    answers["/packager/status"] = Answer(401, b'{"message": "Wrong/missing secret"}')
    assert run("status", packager_secret="").code == 1
    assert sent(server.requests[0]) == {}


# --- how it ends --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "answer", "code"),
    [
        ("stats", {"totals": TOTALS}, 1),
        ("stats -r r-1", {"totals": {"r-1": TOTALS["r-1"]}}, 0),
        ("stats -r r-2", {"totals": {"r-2": {"errors": 1}}}, 1),
        ("stats errors", {"errors": []}, 0),
        ("stats errors", {"errors": [{"message": "x"}]}, 1),
        ("stats requests", {"requests": [{}]}, 0),
        ("status", {}, 0),
    ],
)
def test_errors_in_statistics_are_a_failure_when_asked(
    run: Run, answers: Answers, command: str, answer: object, code: int
) -> None:
    for path in ("status", "statistics", "statistics/errors", "statistics/requests"):
        answers[f"/packager/{path}"] = answer
    assert run(*command.split()).code == 0
    ran = run(*command.split(), "-x", "-q")
    assert (ran.code, ran.out, ran.err) == (code, "", "")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (
            Answer(401, b'{"status": "failed", "message": "Wrong/missing secret"}'),
            "HTTP Error 401: UNAUTHORIZED\n  Wrong/missing secret",
        ),
        (
            Answer(404, b'{"title": "t", "detail": "Not\\nhere"}'),
            "HTTP Error 404: NOT FOUND\n  Not here",
        ),
        (Answer(500, b"<h1>Internal</h1>"), "HTTP Error 500: INTERNAL SERVER ERROR"),
        (Answer(599, b"[]"), "HTTP Error 599:"),
        (
            Answer(302, headers={"Location": "/login"}),
            "HTTP Error 302: FOUND\n  it redirects to /login; name that with -p",
        ),
    ],
)
def test_a_refusal_is_told_with_what_the_server_says(
    run: Run, answers: Answers, answer: Answer, said: str
) -> None:
    answers["/packager/status"] = answer
    ran = run("status")
    assert (ran.code, ran.out) == (1, "Fetching status.\n")
    assert ran.err == f"Request failed: {said}\n"
    quiet = run("-q", "status")
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "")


@pytest.mark.parametrize(
    ("host", "said"),
    [
        ("http://127.0.0.1:{closed}/packager", ": Connection refused"),
        ("127.0.0.1:8080/packager", "is no http:// or https:// URL"),
        ("localhost:8080", "is no http:// or https:// URL"),
        ("ftp://localhost/packager", "is no http:// or https:// URL"),
        ("http://", ""),
        ("http://127.0.0.1:99999", ""),
        ("http://127.0.0.1:{server}/page", "does not answer like a packager; is the URL right?"),
    ],
)
def test_a_packager_that_cannot_be_asked_is_one_line(
    run: Run, server: Web, answers: Answers, host: str, said: str
) -> None:
    answers["/page/status"] = Answer(200, b"<html>")
    [closed] = free_ports(1)
    ran = run("-p", host.format(closed=closed, server=server.port), "status")
    assert ran.code == 1
    assert ran.err.startswith("Request failed: ")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_packager_that_says_nothing_is_one_line(server: Web, answers: Answers) -> None:
    answers["/status"] = Answer(silent=True)
    host = f"http://127.0.0.1:{server.port}"
    with pytest.raises(RequestFailedError) as failed:
        ask(host, "status", {}, answer_seconds=0.05)
    assert str(failed.value) == f"Request failed: {host}: no answer in time"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("queue package_url resource_id", "Queue parameter list must be of the form PARAM:VALUE"),
        ("-d none.json status", "No such file: none.json"),
        ("reset requests", "Unknown command: statistics are kept, and so are requests"),
        ("reset errors", "Unknown command: statistics are kept, and so are errors"),
    ],
)
def test_what_cannot_be_done_is_one_line(run: Run, server: Web, typed: str, said: str) -> None:
    ran = run(*typed.split())
    assert (ran.code, ran.out, ran.err) == (1, "", f"{said}\n")
    quiet = run("-q", *typed.split())
    assert (quiet.code, quiet.out, quiet.err) == (1, "", "")
    assert server.requests == []


def test_help_and_version_are_told(run: Run) -> None:
    helped = run("--help")
    assert helped.code == 0
    assert "Usage:" in helped.out
    assert run("queue", "-h").out.split()[:2] == ["Usage:", "muniment"] or "queue" in helped.out
    assert run("--version").out.startswith("muniment ")


# --- waiting ------------------------------------------------------------------------------------


def operation(state: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is what it is
    return {"id": KEY, "type": "muniment.dataset.package_requested.v1", "state": state, **more}


def running(done: int) -> dict[str, Any]:
    return operation("running", progress={"done": done, "total": 20, "unit": "rows"})


def ended(state: str, **data: Any) -> dict[str, Any]:  # noqa: ANN401 - as above
    outcome = {"id": KEY, "type": "muniment.dataset.packaged.v1", "data": data}
    return operation(state, outcome=outcome)


def test_waiting_tells_each_step_where_there_is_no_terminal(run: Run, answers: Answers) -> None:
    answers["/packager/package_url"] = QUEUED
    answers[f"/operations/{KEY}"] = [
        *[running(done) for done in range(8)],
        ended("succeeded", rows=20, size=345),
    ]
    ran = run("queue", "package_url", "--wait")
    assert (ran.code, ran.err) == (0, "")
    said = ran.out.removeprefix(told("Adding package_url task to queue.", QUEUED)).splitlines()
    *steps, last = said
    assert last == "Packaged: 20 rows, 345 bytes."
    assert steps
    assert [one for one in steps if not re.fullmatch(r"running: \d of 20 rows", one)] == []
    assert len(set(steps)) == len(steps)


def test_waiting_shows_a_bar_on_a_terminal(run: Run, answers: Answers) -> None:
    answers["/packager/package_url"] = QUEUED
    answers[f"/operations/{KEY}"] = [running(5)] * 8 + [ended("succeeded", size=345)]
    with CliRunner().isolation(env={"FORCE_COLOR": "1"}):
        ran = run("queue", "package_url", "--wait")
    assert ran.out.splitlines()[-1] == "Packaged: 345 bytes."
    assert "running: 5 of 20 rows" in ran.err
    assert "━" in ran.err


def test_waiting_quietly_prints_nothing(run: Run, answers: Answers) -> None:
    answers["/packager/package_url"] = QUEUED
    answers[f"/operations/{KEY}"] = [running(5), ended("succeeded", size=345)]
    ran = run("-q", "queue", "package_url", "--wait")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_waiting_for_what_fails_says_why(run: Run, answers: Answers) -> None:
    answers["/packager/package_url"] = QUEUED
    answers[f"/operations/{KEY}"] = ended("failed", reason="example.org answers 404")
    ran = run("queue", "package_url", "--wait")
    assert (ran.code, ran.err) == (1, "Not packaged: example.org answers 404\n")


def test_waiting_at_another_mount_follows_the_url_of_the_answer(
    run: Run, server: Web, answers: Answers
) -> None:
    url = f"http://127.0.0.1:{server.port}/deep/operations/{KEY}"
    answers["/pack/package_url"] = {**QUEUED, "operation_url": url}
    answers[f"/deep/operations/{KEY}"] = ended("succeeded", size=1)
    host = f"http://127.0.0.1:{server.port}/pack"
    assert run("-p", host, "queue", "package_url", "--wait").code == 0


def test_waiting_where_nothing_can_be_followed_says_so(run: Run, answers: Answers) -> None:
    answers["/packager/package_url"] = {"status": "success"}
    ran = run("queue", "package_url", "--wait")
    assert ran.code == 1
    assert "names no operation that can be waited for" in ran.err


def test_interrupted_waiting_leaves_the_job_going(
    server: Web, answers: Answers, tmp_path: Path
) -> None:
    answers["/packager/package_url"] = QUEUED
    answers[f"/operations/{KEY}"] = running(5)
    line = CommandLine(
        tmp_path, {"MUNIMENT_DATA_DIR": "var", "MUNIMENT_HTTP_PORT": str(server.port)}
    )
    with line.running("packager", "queue", "package_url", "--wait") as process:
        line.wait_for(process, "running: 5 of 20 rows")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 130
    assert line.err.read_text() == f"It goes on; `muniment why {KEY}` tells how far it is.\n"
