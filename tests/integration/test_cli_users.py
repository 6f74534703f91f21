"""`muniment user`, each command in a process of its own."""

from pathlib import Path

import pytest

from tests.command_line import CommandLine
from tests.services.ports import free_ports


@pytest.fixture(scope="module")
def muniment(tmp_path_factory: pytest.TempPathFactory) -> CommandLine:
    """A command line with tables, and nothing running."""
    folder = tmp_path_factory.mktemp("users")
    [port] = free_ports(1)
    settings = {"MUNIMENT_DATA_DIR": str(folder / "var"), "MUNIMENT_HTTP_PORT": str(port)}
    line = CommandLine(folder, settings)
    assert line.run("db", "upgrade").code == 0
    return line


def row(muniment: CommandLine, name: str) -> dict[str, object]:
    """Return what `user list` says of a user."""
    [found] = [one for one in muniment.run("user", "list", "--json").json if one["name"] == name]
    return dict(found)


def test_users_are_added_listed_and_disabled(muniment: CommandLine) -> None:
    added = muniment.run(
        "user", "add", "ada", "--superuser", "--password-stdin", "--json", stdin="long enough\n"
    )
    assert added.json == {"name": "ada", "superuser": True, "operator": False, "has_password": True}
    assert muniment.run("user", "add", "ada").code == 1
    assert muniment.run("user", "add", "short", "--password-stdin", stdin="short\n").code == 1
    assert muniment.run("user", "add", "none", "--password-stdin").code == 2
    assert muniment.run("user", "passwd", "ada", "--password-stdin", stdin="other one\n").code == 0
    assert muniment.run("user", "disable", "ada").code == 0
    ada = row(muniment, "ada")
    assert ada["disabled"]
    assert "password_hash" not in ada
    assert "disabled" in muniment.run("user", "list").out
    assert muniment.run("user", "enable", "ada").code == 0
    assert not row(muniment, "ada")["disabled"]


def test_rights_are_given_shown_and_taken(muniment: CommandLine) -> None:
    added = muniment.run("user", "add", "Ann@example.org", "--operator")
    assert (added.code, added.out) == (0, "Added Ann@example.org.\n")
    given = muniment.run("user", "role", "Ann@example.org", "--superuser")
    assert (given.code, given.out) == (0, "Ann@example.org: superuser, operator\n")
    assert "superuser, operator" in muniment.run("user", "list").out
    taken = muniment.run("user", "role", "Ann@example.org", "--no-superuser", "--no-operator")
    assert (taken.code, taken.out) == (0, "Ann@example.org: no rights but to write\n")
    ann = row(muniment, "Ann@example.org")
    assert (ann["superuser"], ann["operator"]) == (False, False)
    unsaid = muniment.run("user", "role", "Ann@example.org")
    assert (unsaid.code, "say what is to change" in unsaid.err) == (2, True)
    unknown = muniment.run("user", "role", "ann@example.org", "--operator")
    assert (unknown.code, "'ann@example.org'" in unknown.err) == (1, True)


def test_names_that_nobody_can_have_are_refused(muniment: CommandLine) -> None:
    reserved = muniment.run("user", "add", "anonymous")
    assert (reserved.code, "everybody who is not signed in" in reserved.err) == (1, True)
    for name in ("a b", "a:b", "a/b"):
        refused = muniment.run("user", "add", name)
        assert (refused.code, "is not a user name" in refused.err) == (1, True)


def test_losing_the_last_superuser_is_warned_of(tmp_path: Path) -> None:
    line = CommandLine(tmp_path, {"MUNIMENT_DATA_DIR": str(tmp_path / "var")})
    assert line.run("db", "upgrade").code == 0
    for name in ("ada", "bob"):
        assert line.run("user", "add", name, "--superuser").code == 0
    assert line.run("user", "disable", "ada").err == ""
    for last in (("role", "bob", "--no-superuser", "--operator"), ("disable", "bob")):
        lost = line.run("user", *last)
        assert lost.code == 0
        assert "no superuser gets in any more" in lost.err
    assert line.run("user", "enable", "ada").code == 0
    assert line.run("user", "role", "bob", "--no-operator").err == ""


def test_what_commands_change_is_in_the_audit(muniment: CommandLine) -> None:
    assert muniment.run("user", "add", "audited").code == 0
    assert muniment.run("user", "role", "audited", "--operator").code == 0
    made = muniment.run("token", "create", "--user", "audited", "--label", "x", "--json").json
    assert muniment.run("token", "revoke", made["id"]).code == 0
    shown = muniment.run("audit", "--of", "user:audited", "--json").json
    assert [(one["who"], one["field"], one["new"]) for one in shown] == [
        ("cli", "operator", True),
        ("cli", "user", {"superuser": False, "operator": False, "password": False}),
    ]
    [latest, first] = muniment.run("audit", "--most", "2", "--json").json
    assert (latest["field"], first["field"]) == ("revoked", "token")
    assert made["token"] not in muniment.run("audit", "--json").out
    before = muniment.run("audit", "--before", str(first["id"]), "--most", "1", "--json").json
    assert [one["field"] for one in before] == ["operator"]
    table = muniment.run("audit", "--of", "user:audited").out
    assert "user:audited" in table
    assert "cli" in table
    assert muniment.run("audit", "--of", "user:nobody").out == "Nothing was changed.\n"
