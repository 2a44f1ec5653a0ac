"""Run detectors over a set of pictures in clean processes and keep what they said."""

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import cv2

from _common.detection import Detection, Pixels
from _common.machine import available_cores, peak_memory_mb
from _common.records import Record, load_masks, load_picture
from _common.scoring import Outcome
from _common.sift import detect_with_sift
from _common.traits import traits
from geotamper.evidence.results import Evidence
from geotamper.evidence.search import find_evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.metrics import RegionPair, TransformPair, VerdictRecord, localise
from geotamper.processes import follow_parent


@dataclass(frozen=True)
class Run:
    """How a set is worked through.

    Attributes:
        folder: Of the set.
        detector: A name in `DETECTORS`.
        processes: Pictures worked on at once; with more than one, times are those of a busy machine.
    """

    folder: Path
    detector: str
    processes: int = 1

    @property
    def threads(self) -> int:
        """Threads that OpenCV and the inspector may use for one picture."""
        return max(1, available_cores() // self.processes)


@dataclass(frozen=True)
class Measured:
    """An outcome, and the peak memory of its process so far in MB."""

    outcome: Outcome
    peak_memory_mb: float


def run_detector(run: Run, records: Sequence[Record]) -> Iterator[Measured]:
    """Let one detector judge every picture, in the order of the records.

    Every process judges the first picture once before it starts, so that compiling and loading is not timed.
    """
    with ProcessPoolExecutor(
        run.processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_warm_up,
        initargs=(run, records[0]),
    ) as pool:
        yield from pool.map(_measure, [run] * len(records), records)


def detect(run: Run, pixels: Pixels) -> Detection:
    """What the run's detector says about (H, W, 3) uint8 RGB pixels."""
    return DETECTORS[run.detector](pixels, run.threads)


def _inspect(pixels: Pixels, threads: int) -> Detection:
    return detection_of(find_evidence(pixels, settings=EvidenceSettings(workers=threads)), pixels.shape[:2])


def detection_of(evidence: Evidence, shape: tuple[int, int]) -> Detection:
    """The evidence of a picture with (rows, columns) `shape`, in the form that detectors are scored in."""
    regions = RegionPair.empty(shape)
    for copy in evidence.copies:
        regions = RegionPair(regions.source | copy.source, regions.target | copy.target)
    for blur in evidence.blurs:
        regions = RegionPair(regions.source | blur.region, regions.target | blur.region)
    accepted = bool(evidence.copies or evidence.blurs)
    probabilities = [copy.probability for copy in evidence.copies]
    probabilities += [blur.probability for blur in evidence.blurs]
    probabilities += [copy.probability for copy in evidence.undecided if not accepted]
    return Detection(
        tampered=True if accepted else None if evidence.undecided else False,
        score=max(probabilities, default=0.0),
        regions=regions,
        transform=evidence.copies[0].transform if evidence.copies else None,
        blur_methods=tuple(blur.method for blur in evidence.blurs),
    )


def _sift(pixels: Pixels, threads: int) -> Detection:
    del threads  # OpenCV takes its number of threads from the process
    return detect_with_sift(pixels)


DETECTORS: dict[str, Callable[[Pixels, int], Detection]] = {"inspector": _inspect, "sift": _sift}


def _warm_up(run: Run, record: Record) -> None:
    follow_parent()
    cv2.setNumThreads(run.threads)
    detect(run, load_picture(run.folder, record))


def _measure(run: Run, record: Record) -> Measured:
    pixels = load_picture(run.folder, record)
    start = time.perf_counter()
    detection = detect(run, pixels)
    seconds = time.perf_counter() - start
    localisation = None
    if record.kind != "none":
        truth = RegionPair(*load_masks(run.folder, record))
        localisation = localise(record.kind, truth, detection.regions)
    outcome = Outcome(
        id=record.id,
        group=record.group,
        traits=traits(record),
        verdict=VerdictRecord(record.is_forged, detection.tampered, detection.score),
        localisation=localisation,
        transform=_pair(record, detection),
        seconds=seconds,
        true_method=record.blur_method,
        blur_methods=detection.blur_methods,
    )
    return Measured(outcome, peak_memory_mb())


def _pair(record: Record, detection: Detection) -> TransformPair | None:
    if detection.transform is None or record.rotation_deg is None or record.scale is None:
        return None
    return TransformPair(
        true_rotation_deg=record.rotation_deg,
        rotation_deg=detection.transform.rotation_deg,
        true_scale=record.scale,
        scale=detection.transform.scale,
    )
