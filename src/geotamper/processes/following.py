"""How the processes of a pool behave towards the one that started them."""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess

_GRACE = 5.0
"""Seconds that a process without a parent has to clean up."""


@contextmanager
def starting_processes() -> Iterator[None]:
    """Make processes deaf to Ctrl-C from their start: to be put around every `submit` and `map` of a pool.

    A process that has not come to `follow_parent` yet would answer Ctrl-C with a traceback. It inherits which signals
    the thread that starts it holds back.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end when it ends, however that happens.

    To be called once in every process of a pool. Without it the processes of a pool whose parent was killed wait for
    work for ever.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: BaseProcess) -> None:
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)  # what handles it may remove what is half-written
    time.sleep(_GRACE)
    os._exit(1)
