"""Where a service keeps its files."""

import re
import shutil
from pathlib import Path

from geotamper.serving.jobs import Job
from geotamper.serving.worker import REPORT_FOLDER

_ID = re.compile(r"[0-9a-f]{24}")
_UPLOAD = "picture"
"""Name of every uploaded picture: what the client calls it is never a path."""


class DataFolder:
    """The folder of a service.

    Args:
        root: Of everything: `service.sqlite3`, `jobs/ID/picture`, `jobs/ID/report/`, `incoming/`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()

    @property
    def root(self) -> Path:
        """Absolute."""
        return self._root

    @property
    def database(self) -> Path:
        """Of the inspections' states."""
        return self._root / "service.sqlite3"

    @property
    def lock(self) -> Path:
        """Held by the one service that uses the folder."""
        return self._root / "service.lock"

    @property
    def incoming(self) -> Path:
        """Of uploads that are not complete yet."""
        return self._root / "incoming"

    @property
    def jobs(self) -> Path:
        """With a folder per inspection."""
        return self._root / "jobs"

    def of(self, job_id: str) -> Path:
        """The folder of one inspection.

        Raises:
            ValueError: This is no id.
        """
        if not _ID.fullmatch(job_id):
            raise ValueError(f"'{job_id}' is no id of an inspection")
        return self.jobs / job_id

    def upload_of(self, job_id: str) -> Path:
        """Where the picture of an upload lies."""
        return self.of(job_id) / _UPLOAD

    def picture_of(self, job: Job) -> Path:
        """The picture of an inspection, uploaded or given by path."""
        return self.upload_of(job.id) if job.path is None else job.path

    def report_of(self, job_id: str) -> Path:
        """The folder of the report; there once the inspection is done."""
        return self.of(job_id) / REPORT_FOLDER

    def remove(self, job_id: str) -> None:
        """Remove the files of an inspection."""
        shutil.rmtree(self.of(job_id), ignore_errors=True)

    def prepare(self) -> None:
        """Make the folders, and drop uploads that an earlier service did not receive to their end."""
        shutil.rmtree(self.incoming, ignore_errors=True)
        self.incoming.mkdir(parents=True, exist_ok=True)
        self.jobs.mkdir(parents=True, exist_ok=True)

    def sweep(self, known: set[str]) -> None:
        """Remove folders of inspections that are not known any more."""
        for folder in self.jobs.iterdir():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
