"""Settings, handed on to a process of our own."""

import subprocess
import sys
from pathlib import Path

from pydantic import SecretStr

from ops.settings import Settings, environment

SHOW = "from ops.settings import Settings; print(Settings().model_dump_json())"


def test_a_process_is_given_the_very_settings() -> None:
    settings = Settings(
        bus_url="amqp://user:p%40ss@host/vhost",
        data_dir=Path("/some/where"),
        http_port=0,
        s3_secret_key=SecretStr("hush"),
        inbox_dirs=(Path("/one"), Path("/two")),
        retry={"ingest-file": {"attempts": 3}},
        public_reads=False,
    )
    given = environment(settings)
    assert given["MUNIMENT_S3_SECRET_KEY"] == "hush"
    done = subprocess.run(
        [sys.executable, "-c", SHOW], env=given, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == settings.model_dump_json()
