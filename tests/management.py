"""RabbitMQ's management API, as an operator uses it."""

from typing import Any

import urllib3
from pydantic_core import from_json


def ask(url: str, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
    """Do something as guest, and return the answer if there is one."""
    guest = urllib3.make_headers(basic_auth="guest:guest")
    response = urllib3.request(method, f"{url}/api/{path}", headers=guest, json=body)
    assert response.status < 300, response.data
    return from_json(response.data) if response.data else None
