"""What the operator of a service decides."""

import os
import sys
from ipaddress import ip_address
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

TOKEN_PATTERN = r"^[A-Za-z0-9._~+/=-]{8,200}$"  # noqa: S105 - no token, only its form
"""What a token may be: long enough, and of characters that headers and cookies carry as they are."""


def default_data_folder() -> Path:
    """Where this user's data of programs are kept, by the custom of the system."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = str(Path.home() / "Library" / "Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "geotamper" / "service"


class ServiceSettings(BaseModel):
    """Everything that steers a service.

    Attributes:
        host: Address to listen on; beyond the loopback every request needs the token.
        port: TCP port; 0 for any that is free.
        data: Folder of the database, the uploads and the reports.
        workers: Pictures inspected at the same time, each in a process of its own.
        max_upload: Largest upload, bytes.
        max_pixels: Largest picture, width times height, asked of its header before it is queued.
        queue_length: Inspections that may wait; further ones are refused with 429.
        seconds_per_job: An inspection that takes longer is ended; after four fifths of it optional work is left out.
        max_memory: Bytes that the search for one picture may hold.
        retention_hours: Inspections are removed so long after their end.
        retention_count: So many ended inspections are kept, the newest.
        token: What requests must bring; None for none, which only a service on the loopback address may have.
        allowed_roots: Folders whose pictures may be inspected by path; none by default.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    data: Path = Field(default_factory=default_data_folder)
    workers: int = Field(default=1, ge=1)
    max_upload: int = Field(default=500_000_000, ge=1)
    max_pixels: int = Field(default=4_000_000_000, ge=1)
    queue_length: int = Field(default=100, ge=1)
    seconds_per_job: float = Field(default=600.0, gt=0)
    max_memory: int = Field(default=2_000_000_000, ge=1)
    retention_hours: float = Field(default=168.0, gt=0)
    retention_count: int = Field(default=1000, ge=1)
    token: str | None = Field(default=None, pattern=TOKEN_PATTERN)
    allowed_roots: tuple[Path, ...] = ()

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the service."""
        if self.host == "localhost":
            return True
        try:
            return ip_address(self.host).is_loopback
        except ValueError:  # a name, which may mean any address
            return False
