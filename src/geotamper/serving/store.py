"""The inspections of a service on disk: one SQLite database, which survives the process."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from geotamper.errors import OutputError
from geotamper.inspection.report import Answer, Verdict
from geotamper.serving.jobs import STATES, Job, JobOptions, JobState, NewJob
from geotamper.serving.refusals import KeyReusedError, QueueFullError

_LAYOUT = 1
"""Of the tables; a database of another layout is refused."""

_TABLES = """
CREATE TABLE IF NOT EXISTS jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL,
    progress REAL NOT NULL DEFAULT 0,
    stage TEXT NOT NULL DEFAULT 'waiting',
    name TEXT NOT NULL,
    path TEXT,
    options TEXT NOT NULL,
    created REAL NOT NULL,
    started REAL,
    ended REAL,
    attempts INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    verdict TEXT,
    revision INTEGER NOT NULL DEFAULT 1,
    key TEXT UNIQUE,
    fingerprint TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    asked REAL NOT NULL,
    answer TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS answers_by_job ON answers (job, number);
"""
_COLUMNS = (
    "number, id, state, progress, stage, name, path, options, created, started, ended, attempts, error, verdict, "
    "revision"
)


class JobStore:
    """Keeps inspections and their states; every change is one transaction. Safe to use from many threads.

    Args:
        path: Of the database; made when it is missing.

    Raises:
        OutputError: The database cannot be opened, or was made by another release.
    """

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._connection.row_factory = sqlite3.Row
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=NORMAL")
            self._connection.execute("PRAGMA foreign_keys=ON")
            layout = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if layout not in (0, _LAYOUT):
                raise OutputError(
                    f"'{path}' was made by another release of geotamper (layout {layout}, expected {_LAYOUT}); "
                    "give another folder with --data"
                )
            self._connection.executescript(_TABLES)
            self._connection.execute(f"PRAGMA user_version={_LAYOUT}")
        except (OSError, sqlite3.Error) as error:
            raise OutputError(
                f"cannot use the database '{path}': {error}; give a folder with --data that is writable and has room"
            ) from error

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._connection.close()

    def add(self, new: NewJob, *, queue_length: int) -> tuple[Job, bool]:
        """Queue an inspection, or find the one that the same request has made before.

        Returns:
            The inspection, and whether it is new.

        Raises:
            QueueFullError: So many wait already.
            KeyReusedError: The key belongs to another request.
        """
        with self._transaction() as db:
            known = self._with_key(db, new)
            if known is not None:
                return known, False
            waiting = db.execute("SELECT COUNT(*) FROM jobs WHERE state = 'queued'").fetchone()[0]
            if waiting >= queue_length:
                raise QueueFullError(waiting)
            db.execute(
                "INSERT INTO jobs (id, state, name, path, options, created, key, fingerprint) "
                "VALUES (?, 'queued', ?, ?, ?, ?, ?, ?)",
                (
                    new.id,
                    new.name,
                    None if new.path is None else str(new.path),
                    new.options.model_dump_json(),
                    time.time(),
                    new.key,
                    new.fingerprint,
                ),
            )
            return self._require(db, new.id), True

    def get(self, job_id: str) -> Job | None:
        """The inspection with this id; None where there is none."""
        with self._lock:
            return self._get(self._connection, job_id)

    def page(self, *, limit: int, before: int | None = None) -> list[Job]:
        """Inspections, newest first.

        Args:
            limit: At most so many.
            before: Only those with a smaller number; None for the newest.
        """
        with self._lock:
            rows = self._connection.execute(
                f"SELECT {_COLUMNS} FROM jobs WHERE ? IS NULL OR number < ? ORDER BY number DESC LIMIT ?",  # noqa: S608
                (before, before, limit),
            ).fetchall()
        return [_job(row) for row in rows]

    def claim(self) -> Job | None:
        """Take the inspection that has waited longest into work; None where none waits."""
        with self._transaction() as db:
            row = db.execute(
                "UPDATE jobs SET state = 'running', progress = 0, stage = 'starting', started = ?, "
                "attempts = attempts + 1, revision = revision + 1 "
                "WHERE number = (SELECT MIN(number) FROM jobs WHERE state = 'queued') RETURNING id",
                (time.time(),),
            ).fetchone()
            return None if row is None else self._require(db, row["id"])

    def advance(self, job_id: str, progress: float, stage: str) -> None:
        """Note how far a running inspection has come."""
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET progress = ?, stage = ?, revision = revision + 1 WHERE id = ? AND state = 'running'",
                (progress, stage, job_id),
            )

    def finish(self, job_id: str, verdict: Verdict) -> bool:
        """Note that a running inspection is done; false where it is not running any more."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE jobs SET state = 'done', progress = 1, stage = 'done', ended = ?, verdict = ?, "
                "revision = revision + 1 WHERE id = ? AND state = 'running'",
                (time.time(), verdict.model_dump_json(), job_id),
            )
            return changed.rowcount == 1

    def fail(self, job_id: str, reason: str) -> bool:
        """Note why a running inspection failed; false where it is not running any more."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE jobs SET state = 'failed', stage = 'failed', ended = ?, error = ?, revision = revision + 1 "
                "WHERE id = ? AND state = 'running'",
                (time.time(), reason, job_id),
            )
            return changed.rowcount == 1

    def cancel(self, job_id: str) -> bool:
        """Cancel an inspection that is not over; false where it is."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE jobs SET state = 'cancelled', stage = 'cancelled', ended = ?, revision = revision + 1 "
                "WHERE id = ? AND state IN ('queued', 'running')",
                (time.time(), job_id),
            )
            return changed.rowcount == 1

    def requeue_all(self) -> int:
        """Let all running inspections wait again, because a service has ended; how many."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE jobs SET state = 'queued', progress = 0, stage = 'waiting', started = NULL, "
                "revision = revision + 1 WHERE state = 'running'"
            )
            return changed.rowcount

    def give_back(self, job_id: str) -> bool:
        """Let a running inspection wait again, as if it had not been begun; false where it is not running."""
        with self._transaction() as db:
            changed = db.execute(
                "UPDATE jobs SET state = 'queued', progress = 0, stage = 'waiting', started = NULL, "
                "attempts = attempts - 1, revision = revision + 1 WHERE id = ? AND state = 'running'",
                (job_id,),
            )
            return changed.rowcount == 1

    def remove(self, job_id: str) -> bool:
        """Forget an inspection and its answers; false where there is none."""
        with self._transaction() as db:
            return db.execute("DELETE FROM jobs WHERE id = ?", (job_id,)).rowcount == 1

    def counts(self) -> dict[JobState, int]:
        """How many inspections are in each state."""
        with self._lock:
            rows = self._connection.execute("SELECT state, COUNT(*) FROM jobs GROUP BY state").fetchall()
        found = {row[0]: int(row[1]) for row in rows}
        return {state: found.get(state, 0) for state in STATES}

    def waiting_before(self, job: Job) -> int:
        """How many inspections will be begun before this one."""
        with self._lock:
            row = self._connection.execute(
                "SELECT COUNT(*) FROM jobs WHERE state = 'queued' AND number < ?", (job.number,)
            ).fetchone()
        return int(row[0])

    def expired(self, *, ended_before: float, keep: int) -> list[str]:
        """Ids of ended inspections that are too old, or more than are kept.

        Args:
            ended_before: Seconds since 1970.
            keep: How many ended ones stay, the newest.
        """
        with self._lock:
            rows = self._connection.execute(
                "SELECT id, ended FROM jobs WHERE state IN ('done', 'failed', 'cancelled') ORDER BY ended DESC"
            ).fetchall()
        return [row["id"] for place, row in enumerate(rows) if place >= keep or row["ended"] < ended_before]

    def ids(self) -> set[str]:
        """Ids of all inspections."""
        with self._lock:
            return {row[0] for row in self._connection.execute("SELECT id FROM jobs")}

    def add_answer(self, job_id: str, answer: Answer) -> None:
        """Append an answer to the transcript of an inspection; nothing happens where it was removed meanwhile."""
        with self._transaction() as db:
            db.execute(
                "INSERT INTO answers (job, asked, answer) SELECT id, ?, ? FROM jobs WHERE id = ?",
                (time.time(), answer.model_dump_json(), job_id),
            )

    def answers(self, job_id: str) -> list[tuple[float, Answer]]:
        """The transcript of an inspection: when it was asked, and the answer; oldest first."""
        with self._lock:
            rows = self._connection.execute(
                "SELECT asked, answer FROM answers WHERE job = ? ORDER BY number", (job_id,)
            ).fetchall()
        return [(float(row["asked"]), Answer.model_validate_json(row["answer"])) for row in rows]

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def _with_key(self, db: sqlite3.Connection, new: NewJob) -> Job | None:
        if new.key is None:
            return None
        row = db.execute("SELECT id, fingerprint FROM jobs WHERE key = ?", (new.key,)).fetchone()
        if row is None:
            return None
        if row["fingerprint"] != new.fingerprint:
            raise KeyReusedError(new.key)
        return self._require(db, row["id"])

    def _require(self, db: sqlite3.Connection, job_id: str) -> Job:
        job = self._get(db, job_id)
        if job is None:  # inside a transaction that has just written it
            raise KeyError(job_id)
        return job

    @staticmethod
    def _get(db: sqlite3.Connection, job_id: str) -> Job | None:
        row = db.execute(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job_id,)).fetchone()  # noqa: S608
        return None if row is None else _job(row)


def _job(row: sqlite3.Row) -> Job:
    values: dict[str, Any] = dict(row)
    path, verdict = values["path"], values["verdict"]
    values["path"] = None if path is None else Path(path)
    values["verdict"] = None if verdict is None else Verdict.model_validate_json(verdict)
    values["options"] = JobOptions.model_validate_json(values["options"])
    return Job(**values)
