"""A service as its routes see it: inspections are taken in, asked about, cancelled and removed."""

import hashlib
import os
import secrets
import threading
import time
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path

from geotamper.api import Report
from geotamper.errors import InputError, SpecificationError
from geotamper.inspection.detector import DETECTORS
from geotamper.inspection.report import Answer, InspectionReport
from geotamper.locks import FolderLock
from geotamper.serving.admission import check_picture
from geotamper.serving.events import Changes
from geotamper.serving.folders import DataFolder
from geotamper.serving.jobs import Job, JobOptions, NewJob
from geotamper.serving.metrics import Metrics
from geotamper.serving.pictures import OpenPictures, PictureFile
from geotamper.serving.reading import read_options, vrt_root
from geotamper.serving.refusals import QueueFullError, ServiceError, not_found, unprocessable
from geotamper.serving.runner import Runner
from geotamper.serving.settings import ServiceSettings
from geotamper.serving.store import JobStore
from geotamper.serving.uploads import Upload, display_name

_SWEEP_SECONDS = 60.0


class Service:
    """Inspections from their arrival to their removal.

    Args:
        settings: What the operator decided.
        metrics: Told how inspections end.

    Attributes:
        settings: Likewise.
        store: Where inspections are kept.
        folders: Where their files lie.
        pictures: Those being looked at.
        metrics: As given.
        changes: Tells who waits for an inspection that it changed.

    Raises:
        OutputError: The data folder cannot be used, or another service uses it.
    """

    def __init__(self, settings: ServiceSettings, metrics: Metrics) -> None:
        self.settings = settings
        self.metrics = metrics
        self.folders = DataFolder(settings.data)
        self.changes = Changes()
        self.pictures = OpenPictures()
        self._lock = FolderLock(self.folders.lock, self.folders.root, state="served")
        self.folders.prepare()
        self.store = JobStore(self.folders.database)
        metrics.watch(self.store)
        self._runner = Runner(settings, self.store, self.folders, self._note)
        self._stopping = threading.Event()
        self._sweeper = threading.Thread(target=self._sweep_regularly, name="geotamper-sweeper", daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self.folders.sweep(self.store.ids())
        self._runner.start()
        self._sweeper.start()

    def stop(self) -> None:
        """End all work; inspections that are not over wait for the next start."""
        self._stopping.set()
        self._runner.stop()
        if self._sweeper.is_alive():
            self._sweeper.join()
        self.pictures.close()
        self.store.close()
        self._lock.release()

    def check_room(self) -> None:
        """Refuse early what would be refused in the end.

        Raises:
            QueueFullError: So many wait already.
        """
        waiting = self.store.counts()["queued"]
        if waiting >= self.settings.queue_length:
            raise QueueFullError(waiting)

    def submit_upload(self, upload: Upload, options: JobOptions, key: str | None) -> Job:
        """Queue the inspection of an uploaded picture.

        Args:
            upload: Taken over: the file is moved or removed.
            options: What the client chose.
            key: Of the client against doing it twice, or None.

        Raises:
            ServiceError: It is refused.
        """
        try:
            self._check_detector(options.detector)
            check_picture(upload.path, upload.name, max_pixels=self.settings.max_pixels, is_upload=True)
            new = _new(upload.name, None, options, key, upload.sha256)
            folder = self.folders.of(new.id)
            folder.mkdir(parents=True)
            os.replace(upload.path, self.folders.upload_of(new.id))  # noqa: PTH105 - as in atomic.py
            return self._queue(new)
        finally:
            upload.path.unlink(missing_ok=True)

    def submit_path(self, given: str, options: JobOptions, key: str | None) -> Job:
        """Queue the inspection of a picture that lies under an allowed root.

        Raises:
            ServiceError: It is refused.
        """
        self._check_detector(options.detector)
        path = self._allowed(given, "path")
        if not path.is_file():
            raise not_found(f"there is no file '{given}'; check the path")
        name = display_name(given)
        check_picture(path, name, max_pixels=self.settings.max_pixels, is_upload=False)
        new = _new(name, path, options, key, str(path))
        self.folders.of(new.id).mkdir(parents=True)
        return self._queue(new)

    def require(self, job_id: str) -> Job:
        """The inspection with this id.

        Raises:
            ServiceError: There is none.
        """
        job = self.store.get(job_id)
        if job is None:
            raise not_found("there is no inspection with this id; it may have been removed")
        return job

    def cancel(self, job_id: str) -> Job:
        """Cancel an inspection and keep what is known of it; nothing happens where it is over.

        Raises:
            ServiceError: There is none.
        """
        self.require(job_id)
        if self.store.cancel(job_id):
            self._runner.cancel(job_id)
            self.changes.tell(job_id)
        return self.require(job_id)

    def remove(self, job_id: str) -> None:
        """Cancel an inspection where it is not over, and forget it with all its files.

        Raises:
            ServiceError: There is none.
        """
        self.cancel(job_id)
        self.store.remove(job_id)
        self.folders.remove(job_id)
        self.pictures.forget(job_id)
        self.changes.tell(job_id)

    def report(self, job: Job) -> InspectionReport:
        """The report of an inspection.

        Raises:
            ServiceError: It is not done.
        """
        return self._saved(job).data

    def ask(self, job: Job, text: str, finding: int | None) -> Answer:
        """Answer a question about an inspection, and keep the answer in its transcript.

        Raises:
            ServiceError: It is not done, or no finding has this id.
        """
        try:
            answer = self._saved(job).ask(text, finding=finding)
        except SpecificationError as error:
            raise unprocessable("no-such-finding", str(error)) from error
        self.store.add_answer(job.id, answer)
        return answer

    def picture_of(self, job: Job) -> PictureFile:
        """The picture of an inspection, as it was read."""
        root = vrt_root(job, self.folders.upload_of(job.id), self.settings.allowed_roots)
        return PictureFile(self.folders.picture_of(job), read_options(job.options, root))

    def sweep(self) -> int:
        """Remove ended inspections that are kept no longer; how many."""
        expired = self.store.expired(
            ended_before=time.time() - 3600 * self.settings.retention_hours,
            keep=self.settings.retention_count,
        )
        for job_id in expired:
            self.store.remove(job_id)
            self.folders.remove(job_id)
            self.changes.tell(job_id)
        return len(expired)

    def _queue(self, new: NewJob) -> Job:
        """Queue what has its folder, which goes again where it is refused or was there before."""
        job: Job | None = None
        try:
            job, _ = self.store.add(new, queue_length=self.settings.queue_length)
        finally:
            if job is None or job.id != new.id:
                self.folders.remove(new.id)
        self._runner.wake()
        return job

    def _note(self, job_id: str, *, is_end: bool) -> None:
        """Pass on what a place of work tells."""
        job = self.store.get(job_id) if is_end else None
        if job is not None and job.is_over:
            self.metrics.note_end(job)
        self.changes.tell(job_id)

    def _saved(self, job: Job) -> Report:
        if job.state != "done":
            raise ServiceError(
                HTTPStatus.CONFLICT,
                "not-done",
                f"the inspection is {job.state}; only one that is done has a report",
            )
        try:
            return Report.load(self.folders.report_of(job.id))
        except InputError as error:
            raise ServiceError(
                HTTPStatus.GONE,
                "report-lost",
                "the report of this inspection is gone; inspect the picture again",
            ) from error

    def _check_detector(self, name: str) -> None:
        if name not in DETECTORS:
            if "/" not in name and "\\" not in name:
                raise unprocessable(
                    "unknown-detector", f"unknown detector '{name}'; available: {', '.join(DETECTORS)}"
                )
            self._allowed(name, "detector")

    def _allowed(self, given: str, what: str) -> Path:
        """The real path of what a client names, which must lie under an allowed root."""
        refusal = ServiceError(
            HTTPStatus.FORBIDDEN,
            "path-not-allowed",
            f"the {what} '{given}' lies under no folder that the operator allowed with --allow-root; upload the "
            "picture, or name what lies under such a folder",
        )
        try:
            path = Path(given)
            real = path.resolve()
        except (OSError, ValueError, RuntimeError) as error:
            raise refusal from error
        if not path.is_absolute() or not any(
            real.is_relative_to(root.resolve()) for root in self.settings.allowed_roots
        ):
            raise refusal
        return real

    def _sweep_regularly(self) -> None:
        while not self._stopping.is_set():
            self.sweep()
            self._stopping.wait(_SWEEP_SECONDS)


def _new(name: str, path: Path | None, options: JobOptions, key: str | None, content: str) -> NewJob:
    fingerprint = hashlib.sha256(
        f"{content}\n{options.model_dump_json()}".encode("utf-8", "replace")
    ).hexdigest()
    new = NewJob(secrets.token_hex(12), name, path, options, key)
    return replace(new, fingerprint=fingerprint)
