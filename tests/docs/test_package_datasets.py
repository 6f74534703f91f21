"""docs/how-to/package-datasets.md does what it says, with a small CKAN and a real mail server."""

from pathlib import Path

import pytest

from tests.docs.following import follow
from tests.docs.installation import installed
from tests.docs.pages import ROOT
from tests.equipment.ckan import running_ckan
from tests.equipment.ckan_rows import wide
from tests.equipment.post_office import serve_mail

PAGE = ROOT / "docs" / "how-to" / "package-datasets.md"


@pytest.mark.usefixtures("curl")
def test_a_resource_is_packaged_as_the_page_says(tmp_path: Path, free_port: int) -> None:
    with running_ckan({"r-1": wide(700)}) as ckan, serve_mail() as office:
        settings = {
            "fetch_allow": ckan.url.removeprefix("http://"),
            "smtp_url": f"smtp://127.0.0.1:{office.port}",
            "packager_email_from": "data@example.org",
        }
        with installed(ROOT, tmp_path, free_port, **settings) as installation:
            installation.shell(f"export CKAN={ckan.url} RESOURCE=r-1 ME=ada@example.org")
            follow(PAGE, installation)
    [mail] = office.posted
    assert mail.recipients == ("ada@example.org",)
    assert f"http://127.0.0.1:{free_port}/packager/resources/" in mail.text("plain")
