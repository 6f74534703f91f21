"""A Muniment that packages for one who asks: request, mail, link and zip, as a client sees them."""

import http.client
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import urlencode, urlsplit
from zipfile import ZipFile

from tests.equipment.post_office import Posted, PostOffice
from tests.services.ckan import Ckan
from tests.services.waiting import until

SECRET = "a-secret-for-these-tests"

_PATIENCE_SECONDS = 120
_LINK = re.compile(r"https?://\S+/packager/resources/\S+\.zip")
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Packager:
    """A running one."""

    url: str
    office: PostOffice
    """Takes its mails."""
    _numbers: "count[int]" = field(default_factory=count)

    def ask(self, path: str, **fields: object) -> Any:  # noqa: ANN401 - as JSON is
        """Return the answer of an endpoint."""
        body = urlencode({"secret": SECRET, **fields})
        status, answer = self._call("POST", f"/packager/{path}", body.encode(), _FORM)
        assert status == 200, answer
        return json.loads(answer)

    def mail_about(self, endpoint: str, ckan: Ckan, resource: str, **fields: object) -> Posted:
        """Ask for a package as somebody whom nobody has met; return the mail that comes."""
        email = f"visitor-{next(self._numbers)}@example.org"
        address = f"{ckan.url}/api/action/datastore_search"
        self.ask(endpoint, api_url=address, resource_id=resource, email=email, **fields)
        return until(
            lambda: next((one for one in self.office.posted if one.recipients == (email,)), None),
            seconds=_PATIENCE_SECONDS,
            what=f"a mail to {email}",
        )

    def package(
        self, ckan: Ckan, resource: str, endpoint: str = "package_datastore", **fields: object
    ) -> Mapping[str, bytes]:
        """Return the files of the package that the mail links to, by name."""
        mail = self.mail_about(endpoint, ckan, resource, **fields)
        links = set(_LINK.findall(mail.text("plain")))
        assert len(links) == 1, mail.text("plain")
        status, answer = self._call("GET", urlsplit(links.pop()).path)
        assert status == 200, answer
        with ZipFile(io.BytesIO(answer)) as archive:
            assert archive.testzip() is None
            return {name: archive.read(name) for name in archive.namelist()}

    def _call(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] = {}
    ) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=60)
        try:
            connection.request(method, path, body, dict(headers))
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
