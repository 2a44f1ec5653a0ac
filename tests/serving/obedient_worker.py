"""A process of work that does what the first question of an assignment says, in place of an inspection."""

import os
import time
from multiprocessing.connection import Connection

from geotamper.inspection.report import Verdict
from geotamper.processes import follow_parent
from geotamper.serving.worker import Assignment, Cancel, Outcome, Progress

UNTOUCHED = Verdict(tampered=False, kind="none", score=0.1, confidence=0.9)


def work(connection: Connection, threads: int) -> None:
    """Obey assignments until the pipe is closed."""
    del threads
    follow_parent()
    while True:
        try:
            message = connection.recv()
        except EOFError:
            return
        if isinstance(message, Assignment):
            connection.send(Progress(0.5, f"halfway in process {os.getpid()}"))
            connection.send(_obey(message, connection))


def _obey(task: Assignment, connection: Connection) -> Outcome:
    wish = task.options.questions[0] if task.options.questions else "finish"
    if wish == "exit":
        os._exit(7)
    if wish == "be deaf":
        (task.folder / ".report.0.part").mkdir()
        time.sleep(600)
    while wish == "wait":
        if connection.poll(0.05) and connection.recv() == Cancel(task.id):
            return Outcome()
    if wish == "complain":
        return Outcome(error=f"'{task.name}' does not please")
    return Outcome(verdict=UNTOUCHED)
