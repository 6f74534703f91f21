"""docs/how-to/pipeline_amqp.py on RabbitMQ, PostgreSQL and S3: a pipeline that knows only AMQP."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from consumers.registry import CONSUMERS
from ops.settings import Settings
from ops.wiring import system
from tests.docs.pages import ROOT, blocks
from tests.services.s3 import S3

SCRIPT = ROOT / "docs" / "how-to" / "pipeline_amqp.py"
STARS = b"SIMPLE  =                    T" * 96

Pipeline = Callable[..., tuple[str, dict[str, object]]]


@pytest.fixture
def pipeline(
    amqp_url: str, postgresql_url: str, s3: S3, tmp_path: Path, free_port: int
) -> Iterator[Pipeline]:
    """Run the script against a deployment: source and name → the fact's type and data."""
    bucket = s3.fresh_bucket()
    s3.client.put_object(Bucket=bucket, Key="night-1/m51.fits", Body=STARS)
    settings = Settings(
        bus_url=amqp_url,
        database_url=postgresql_url,
        objects_url=f"s3://{s3.fresh_bucket()}/archive",
        data_dir=tmp_path,
        http_port=free_port,
        s3_endpoint_url=s3.endpoint_url,
        s3_access_key=s3.access_key,
        s3_secret_key=s3.secret_key,
        s3_region=s3.region,
        ingest_buckets=(bucket,),
    )

    def run(source: str, name: str) -> tuple[str, dict[str, object]]:
        done = subprocess.run(
            [sys.executable, SCRIPT, amqp_url, source.replace("BUCKET", bucket), name],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        event_type, _, data = done.stdout.partition(" ")
        return event_type, json.loads(data)

    with system(settings, ingress=True, consumers=[one.name for one in CONSUMERS]):
        yield run


def test_it_receives_what_became_of_its_request(pipeline: Pipeline) -> None:
    event_type, data = pipeline("s3://BUCKET/night-1/m51.fits", "m51.fits")
    assert event_type == "muniment.file.archived.v1"
    assert data["name"] == "m51.fits"
    assert data["size"] == len(STARS)
    assert data["sha256"] == hashlib.sha256(STARS).hexdigest()
    event_type, _ = pipeline("s3://BUCKET/night-1/m51.fits", "m51.fits")
    assert event_type == "muniment.file.unchanged.v1"


def test_a_bucket_that_is_not_listed_is_refused(pipeline: Pipeline) -> None:
    event_type, data = pipeline("s3://elsewhere/m51.fits", "m51.fits")
    assert event_type == "muniment.file.rejected.v1"
    assert data["field"] == "source"


def test_the_page_shows_the_script() -> None:
    (shown,) = [
        one for one in blocks(SCRIPT.with_name("pipeline-over-amqp.md")) if one.language == "python"
    ]
    assert shown.text == SCRIPT.read_text()
    assert len(shown.text.splitlines()) <= 35
