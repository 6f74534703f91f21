"""The console while its database is down: a page that says so, and no session lost by it."""

from pathlib import Path

import pytest

from tests.equipment.console import HOME, administering
from tests.services.private_postgresql import PrivatePostgreSQL
from tests.services.waiting import until
from tests.unit.http_ingress.test_pages import Strict


def test_it_says_that_it_is_down_and_goes_on(
    request: pytest.FixtureRequest, tmp_path: Path, private_postgresql: PrivatePostgreSQL
) -> None:
    with (
        private_postgresql.fresh_database() as url,
        administering("embedded", request, tmp_path, database_url=url) as console,
    ):
        olga, stranger = console.desk("olga"), console.desk()
        stranger.page("/admin/login/")
        private_postgresql.kill()
        # A server process that has outlived its parent may still answer for a moment.
        until(lambda: olga.get(HOME).status == 503, seconds=60, what="a 503")
        for answer in (
            olga.get("/admin/users/"),
            olga.do("/admin/components/service/", "zero"),
            olga.do("/admin/logout/", ""),
            stranger.sign_in("olga"),
        ):
            assert answer.status == 503
            assert int(answer.headers["retry-after"]) > 0
            text = answer.body.decode()
            Strict(text)
            assert "Nothing was done; try again in a minute." in text
        assert stranger.get(HOME).status == 302, (
            "who has no session is led to the form all the same"
        )
        private_postgresql.start()
        until(lambda: olga.get(HOME).status == 200, seconds=60, what="a 200")
        # What is left in the pool leads to the server that was killed.
        console.running.store.database.close()
        assert console.audit("component:service") == []
        olga.done("/admin/components/service/", "zero")
        assert len(console.audit("component:service")) == 1
        assert stranger.sign_in("olga").status == 302
