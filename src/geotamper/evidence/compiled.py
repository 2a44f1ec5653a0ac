"""Compilation of the few loops that array code cannot express without going through memory many times."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, cast

import numba

AnyFunction = TypeVar("AnyFunction", bound=Callable[..., object])


def compiled(function: AnyFunction) -> AnyFunction:
    """Compile `function` to machine code that runs without the interpreter lock.

    The result is kept on disk, beside the source or in the user's cache folder, so only the first run on a
    machine waits for the compiler. Where neither place is writable the code is compiled in every process.
    """
    try:
        wrapped = numba.njit(cache=True, fastmath=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder to keep the result in
        wrapped = numba.njit(fastmath=True, nogil=True)(function)
    return cast("AnyFunction", wrapped)


def for_slices(work: Callable[[int, int], None], count: int, workers: int) -> None:
    """Call `work(start, stop)` for slices that cover range(count), on several threads at once.

    The slices are small, so that threads that meet cheap items early take over the others' share.
    """
    if count == 0:
        return
    if workers <= 1 or count < 2 * workers:
        work(0, count)
        return
    step = max(1, count // (8 * workers))
    with ThreadPoolExecutor(workers) as pool:
        for done in [pool.submit(work, i, min(count, i + step)) for i in range(0, count, step)]:
            done.result()
