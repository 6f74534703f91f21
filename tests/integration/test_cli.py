"""The commands, each in a process of its own, against a Muniment that is up."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.command_line import PATIENCE_SECONDS, CommandLine, Ran, up
from tests.services.ports import free_ports
from tests.services.waiting import until


@pytest.fixture(scope="module")
def muniment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    [port] = free_ports(1)
    with up(tmp_path_factory.mktemp("up"), port) as line:
        yield line


@pytest.fixture
def nowhere(tmp_path: Path) -> CommandLine:
    """A command line where nothing runs."""
    [port] = free_ports(1)
    settings = {"MUNIMENT_DATA_DIR": str(tmp_path / "var"), "MUNIMENT_HTTP_PORT": str(port)}
    return CommandLine(tmp_path, settings)


# --- help and errors ----------------------------------------------------------------------------


def test_an_error_is_one_line_and_advice_and_never_a_traceback(nowhere: CommandLine) -> None:
    ran = nowhere.run("post", "probe.requested", "--data", '{"probe": "x"}')
    assert ran.code == 3
    assert ran.out == ""
    problem, advice = ran.err.splitlines()
    assert problem.startswith("muniment: http://127.0.0.1:")
    assert "`muniment up`" in advice


def test_traceback_shows_where_an_error_comes_from(nowhere: CommandLine) -> None:
    ran = nowhere.run("--traceback", "why", "x")
    assert ran.code == 1
    assert "Traceback" in ran.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("no-such-command",),
        ("post",),
        ("post", "no.such_type"),
        ("post", "probe.requested", "--data", "{"),
        ("post", "probe.requested", "--data", '{"probe": ""}'),
        ("post", "probe.requested", "--data", "@/no/such/file"),
        ("ingest", "/no/such/file"),
        ("ingest", "/etc/hostname", "--metadata", "no-equals-sign"),
        ("consume", "no-such-consumer"),
        ("relay",),
        ("topology", "plan"),
        ("--url", "no-url", "why", "x"),
        ("user", "passwd", "nobody"),
        ("doctor", "--dry-run"),
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_says_what_is_wrong(
    nowhere: CommandLine, arguments: tuple[str, ...]
) -> None:
    ran = nowhere.run(*arguments)
    assert ran.code == 2, ran
    assert ran.err
    assert "Traceback" not in ran.err


def test_a_wrong_setting_is_named(nowhere: CommandLine) -> None:
    ran = nowhere.run("why", "x", http_port="many")
    assert ran.code == 2
    assert "MUNIMENT_HTTP_PORT" in ran.err


def test_the_version_can_be_asked_for(nowhere: CommandLine) -> None:
    assert nowhere.run("--version").out.startswith("muniment ")


# --- events -------------------------------------------------------------------------------------


def test_post_prints_the_key_and_with_wait_the_outcome(muniment: CommandLine) -> None:
    ran = muniment.run("post", "probe.requested", "--data", '{"probe": "p1"}', "--wait", "40")
    assert ran.code == 0, ran
    assert ran.out.split()[1:] == ["succeeded", "probe.answered.v1"]


def test_post_reads_its_data_from_a_file_or_standard_input(
    muniment: CommandLine, tmp_path: Path
) -> None:
    (tmp_path / "probe.json").write_text('{"probe": "from a file", "unknown": [1]}')
    of_file = muniment.run(
        "post", "muniment.probe.requested.v1", "--data", f"@{tmp_path / 'probe.json'}", "--json"
    )
    of_stdin = muniment.run(
        "post", "probe.requested", "--data", "-", "--json", stdin='{"probe": "typed"}'
    )
    assert (of_file.code, of_stdin.code) == (0, 0)
    steps = muniment.run("why", of_file.json["id"], "--json").json["steps"]
    # What this version does not know is passed on as it came.
    assert steps[0]["data"] == {"probe": "from a file", "unknown": [1]}
    assert of_stdin.json["state"] == "accepted"


def test_watch_prints_what_happened_and_ends_after_count(muniment: CommandLine) -> None:
    posted = muniment.run("post", "probe.requested", "--data", '{"probe": "w"}', "--wait", "40")
    assert posted.code == 0
    shown = muniment.run("watch", "--after", "0", "--count", "2").out.splitlines()
    assert ["probe.requested.v1" in shown[0], "probe.answered.v1" in shown[1]] == [True, True]
    as_json = muniment.run("watch", "probe.answered.*", "--after", "0", "-n", "1", "--json").json
    assert as_json["event"]["type"] == "muniment.probe.answered.v1"
    assert as_json["position"] > 0


def test_watch_says_what_cannot_be_had_and_goes_on(muniment: CommandLine, tmp_path: Path) -> None:
    watching = CommandLine(tmp_path, muniment.settings)
    with watching.running("watch", "--after", "1000000") as process:
        until(lambda: "are gone" in watching.err.read_text(), seconds=60, what="the gap")
        muniment.run("post", "probe.requested", "--data", '{"probe": "after the gap"}')
        watching.wait_for(process, "after the gap")
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0


def test_why_draws_the_tree(muniment: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "why.txt").write_text("because")
    assert muniment.run("ingest", tmp_path / "why.txt").code == 0
    ran = muniment.run("why", "why.txt")
    assert ran.code == 0
    lines = [line.strip(" │├└─") for line in ran.out.splitlines()]
    assert lines[1].startswith("file.ingest_requested.v1  why.txt")
    assert lines[2].startswith("ingest-file succeeded")
    assert lines[3].startswith("file ")
    assert "version 1 of why.txt, 7 bytes" in lines[3]
    assert lines[4].startswith("file.archived.v1  why.txt")
    assert ran.out.isascii() or "├" in ran.out
    unknown = muniment.run("why", "nothing")
    assert unknown.code == 1
    assert "'nothing'" in unknown.err


# --- ingest -------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    night = tmp_path / "night"
    (night / "raw").mkdir(parents=True)
    for number in range(30):
        (night / "raw" / f"{number:02}.dat").write_bytes(os.urandom(100 + number))
    (night / "log ä.txt").write_text("clear")
    (night / "empty").touch()
    return night


def test_ingest_archives_a_folder_under_its_paths(muniment: CommandLine, folder: Path) -> None:
    ran = muniment.run("ingest", folder, "--prefix", "t1/", "--metadata", "site=dmo", "--json")
    assert ran.code == 0, ran
    found = {one["name"]: one for one in ran.json}
    assert len(found) == 32
    assert {"t1/night/raw/00.dat", "t1/night/log ä.txt", "t1/night/empty"} <= found.keys()
    assert {one["state"] for one in found.values()} == {"archived"}
    why = muniment.run("why", found["t1/night/empty"]["id"], "--json").json
    assert why["steps"][0]["data"]["metadata"] == {"site": "dmo"}


def test_ingest_again_changes_nothing_and_says_so(muniment: CommandLine, folder: Path) -> None:
    assert muniment.run("ingest", folder, "--prefix", "again/").code == 0
    ran = muniment.run("ingest", folder, "--prefix", "again/")
    assert ran.code == 0
    rows = {line.split()[0]: line.split()[1] for line in ran.out.splitlines()[1:]}
    assert rows == {"archived": "0", "unchanged": "32", "failed": "0"}


def test_ingest_does_the_rest_when_one_file_fails(muniment: CommandLine, folder: Path) -> None:
    (folder / "raw" / "back\\slash").write_text("a name that is not archived")
    ran = muniment.run("ingest", folder, "--prefix", "fails/")
    assert ran.code == 1
    rows = {line.split()[0]: line.split()[1] for line in ran.out.splitlines()[1:4]}
    assert rows == {"archived": "32", "unchanged": "0", "failed": "1"}
    assert "backslash" in ran.out.splitlines()[4]


def test_ingest_stops_when_nobody_is_there(nowhere: CommandLine, folder: Path) -> None:
    ran = nowhere.run("--url", "http://127.0.0.1:1", "ingest", folder, "--patience", "1")
    assert ran.code == 3, ran
    assert "Traceback" not in ran.err


def test_ingest_stops_when_it_is_not_let_in(muniment: CommandLine, folder: Path) -> None:
    ran = muniment.run("--token", "mnt_wrong", "ingest", folder)
    assert ran.code == 1
    assert [line.partition(" ")[0] for line in ran.err.splitlines()] == ["muniment:", ""]
    assert "401" in ran.err


# --- accounts, tables ---------------------------------------------------------------------------


def test_a_type_that_is_none_is_told_with_those_that_can_be_posted(muniment: CommandLine) -> None:
    unknown = muniment.run("post", "nonsense")
    assert unknown.code == 2
    assert "there is no event type 'nonsense'" in unknown.err
    assert "probe.requested" in unknown.err
    assert "probe.answered" not in unknown.err


def test_a_token_lets_its_user_in_until_it_is_revoked(muniment: CommandLine) -> None:
    probe = ("post", "probe.requested", "--data", '{"probe": "x"}')
    assert muniment.run("user", "add", "pipeline").code == 0
    made = muniment.run("token", "create", "--user", "pipeline", "--label", "night", "--json").json
    assert muniment.run(*probe, token=made["token"]).code == 0
    tokens = {one["id"]: one for one in muniment.run("token", "list", "--json").json}
    assert tokens[made["id"]]["label"] == "night"
    assert "token" not in tokens[made["id"]]
    assert muniment.run("token", "revoke", made["id"]).code == 0
    unknown = muniment.run("--token", "mnt_unknown", *probe)
    assert unknown.code == 1
    assert "401" in unknown.err


def test_token_create_prints_nothing_but_the_token_on_standard_output(
    muniment: CommandLine,
) -> None:
    ran = muniment.run("token", "create", "--user", "operator")
    assert ran.out.startswith("mnt_")
    assert len(ran.out.splitlines()) == 1
    assert "revoke" in ran.err


def test_the_tables_are_made_once(nowhere: CommandLine) -> None:
    first = nowhere.run("db", "upgrade", "--json").json
    again = nowhere.run("db", "upgrade", "--json").json
    assert first["before"] is None
    assert again["before"] == again["after"] == first["after"]


def test_accounts_without_tables_say_what_to_do(nowhere: CommandLine) -> None:
    ran = nowhere.run("user", "list")
    assert ran.code == 2
    assert "`muniment db upgrade`" in ran.err


def test_the_topology_is_planned_then_applied(nowhere: CommandLine, amqp_url: str) -> None:
    missing = nowhere.run("topology", "plan", "--json", bus_url=amqp_url)
    assert missing.code == 4
    names = {one["name"] for one in missing.json["differences"] if one["state"] == "missing"}
    assert {"muniment.facts", "muniment.requests", "ingest-file"} <= names
    assert nowhere.run("topology", "apply", bus_url=amqp_url).code == 0
    assert nowhere.run("topology", "plan", bus_url=amqp_url).code == 0


# --- doctor -------------------------------------------------------------------------------------


def healthy(line: CommandLine) -> Ran | None:
    """Have the doctor look; None while it finds fault, as with what has only just begun."""
    ran = line.run("doctor", "--json")
    return ran if {one["state"] for one in ran.json} == {"ok"} else None


def test_the_doctor_finds_nothing_wrong_with_what_is_up(muniment: CommandLine) -> None:
    ran = until(lambda: healthy(muniment), seconds=PATIENCE_SECONDS, what="health")
    assert ran.code == 0
    found = {one["check"]: one["state"] for one in ran.json}
    assert found.keys() >= {"database", "objects", "disk", "bus", "clock", "outbox", "canary"}
    assert set(found.values()) == {"ok"}


def test_the_doctor_says_what_is_wrong_and_changes_nothing(nowhere: CommandLine) -> None:
    ran = nowhere.run("doctor", "--json")
    assert ran.code == 1
    found = {one["check"]: one for one in ran.json}
    assert found["database"]["state"] == "wrong"
    assert found["outbox"]["state"] == "skipped"
    assert found["canary"]["state"] == "wrong"
    assert "muniment up" in found["canary"]["advice"]
    assert not (nowhere.folder / "var").exists()


def test_the_doctor_examines_a_deployment(
    nowhere: CommandLine, amqp_url: str, postgresql_url: str
) -> None:
    deployed = CommandLine(
        nowhere.folder,
        {
            **nowhere.settings,
            "MUNIMENT_BUS_URL": amqp_url,
            "MUNIMENT_DATABASE_URL": postgresql_url,
        },
    )
    assert deployed.run("db", "upgrade").code == 0
    sick = {one["check"]: one for one in deployed.run("doctor", "--json").json}
    assert (sick["bus"]["state"], sick["bus"]["advice"]) == (
        "wrong",
        "run `muniment topology apply`",
    )
    assert deployed.run("topology", "apply").code == 0
    with deployed.running("up") as process:
        deployed.wait_for(process, "listens")
        ran = until(lambda: healthy(deployed), seconds=PATIENCE_SECONDS, what="health")
        process.terminate()
        assert process.wait(PATIENCE_SECONDS) == 0
    assert {one["state"] for one in ran.json} == {"ok"}


# --- stopping -----------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_stops_when_told_and_exits_with_0(nowhere: CommandLine, number: signal.Signals) -> None:
    with nowhere.running("up") as process:
        nowhere.wait_for(process, "listens")
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 0, nowhere.err.read_text()
    assert "Traceback" not in nowhere.err.read_text()


def test_consume_runs_beside_an_ingress(nowhere: CommandLine) -> None:
    """Two processes, one embedded installation."""
    consuming = CommandLine(nowhere.folder / "second", nowhere.settings)
    consuming.folder.mkdir()
    with nowhere.running("ingress") as ingress:
        nowhere.wait_for(ingress, "listens")
        with consuming.running("consume", "answer-probe") as consumer:
            consuming.wait_for(consumer, "consuming: answer-probe")
            probe = ("post", "probe.requested", "--data", '{"probe": "x"}', "--wait", "40")
            assert nowhere.run(*probe).code == 0
            for process in (consumer, ingress):
                process.terminate()
                assert process.wait(PATIENCE_SECONDS) == 0
