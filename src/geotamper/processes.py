"""How the processes of a pool behave towards the one that started them."""

import multiprocessing
import os
import signal
import threading
from multiprocessing.process import BaseProcess


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
    os._exit(1)
