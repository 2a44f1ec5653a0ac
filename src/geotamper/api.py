"""What `import geotamper` offers: inspect pictures, ask questions, save and load reports."""

import contextlib
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from geotamper.control import DEFAULT_MEMORY, Control
from geotamper.detection.opening import open_detector
from geotamper.errors import InputError, SpecificationError
from geotamper.evidence.objects.network import DEFAULT_NETWORK
from geotamper.imagery.picture import Picture
from geotamper.imagery.read_options import READ_AS_STORED, ReadOptions
from geotamper.imagery.reading import read_picture
from geotamper.inspection.answering import answer_question
from geotamper.inspection.assembly import Request, assemble_report
from geotamper.inspection.cases import case_of_findings, case_of_report
from geotamper.inspection.detector import DEFAULT_DETECTOR, Detector
from geotamper.inspection.exhibit import Exhibit, exhibit_of
from geotamper.inspection.findings import Findings
from geotamper.inspection.questions import read_question
from geotamper.inspection.report import (
    REPORT_SCHEMA,
    Answer,
    Artifacts,
    FindingEntry,
    ImageInfo,
    InspectionReport,
    RunInfo,
    Verdict,
)
from geotamper.inspection.scenes.findings import SceneFindings
from geotamper.inspection.scenes.opening import as_scene, check_scene_detector, open_scene
from geotamper.inspection.scenes.spreading import Spread, TileProcesses

if TYPE_CHECKING:
    from PIL.Image import Image

    from geotamper.imagery.pixel_source import PixelSource
    from geotamper.imagery.raster import Raster

Progress = Callable[[float, str], None]


class Report:
    """The outcome of one inspection, fresh or loaded from a file.

    Attributes:
        data: The report as data, field for field as it is written.
        exhibit: Pixels and regions behind it; None for a report that was loaded from a file.
    """

    def __init__(
        self,
        data: InspectionReport,
        *,
        exhibit: Exhibit | None = None,
        detector: Detector | None = None,
        detected: Findings | SceneFindings | None = None,
    ) -> None:
        self.data = data
        self.exhibit = exhibit
        self._detector = detector
        self._detected = detected

    @property
    def image(self) -> ImageInfo:
        """The picture that was inspected."""
        return self.data.image

    @property
    def verdict(self) -> Verdict:
        """Whether the picture was tampered with."""
        return self.data.verdict

    @property
    def findings(self) -> tuple[FindingEntry, ...]:
        """The forged regions, in falling confidence."""
        return self.data.findings

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The answers to the questions of the inspection."""
        return self.data.answers

    @property
    def artifacts(self) -> Artifacts:
        """The files of the saved report."""
        return self.data.artifacts

    @property
    def limits(self) -> tuple[str, ...]:
        """What the method cannot see, in sentences."""
        return self.data.limits

    @property
    def run(self) -> RunInfo:
        """How the report was made."""
        return self.data.run

    def ask(self, text: str, *, finding: int | None = None) -> Answer:
        """Answer a question in free English, without looking at the pixels again.

        Args:
            text: One question.
            finding: Id of the finding that the answer shall concern; None for the one of the report.

        Raises:
            SpecificationError: No finding has this id.
        """
        question = read_question(text)
        if self._detector is not None and self._detected is not None:
            chosen = self.data.run.parameters.get("finding") if finding is None else finding
            if isinstance(self._detected, SceneFindings):
                return answer_question(case_of_findings(self._detected, chosen), question)
            return self._detector.answers(self._detected, [question], finding=chosen)[0]
        answer = answer_question(case_of_report(self.data, finding), question)
        known = (
            item.basis
            for item in self.data.answers
            if (item.type, item.finding, item.answer) == (answer.type, answer.finding, answer.answer)
        )
        # The inspection knew more about the why than the report's numbers tell.
        return answer.model_copy(update={"basis": next(known, answer.basis)}) if answer.type else answer

    def save(self, out: str | os.PathLike[str]) -> Path:
        """Write report, masks, overlay, layers and HTML page into a folder of their own.

        Args:
            out: Parent folder; the report's folder is named by the picture's stem, with a short hash where
                the report of another picture has that name.

        Returns:
            The report's folder.

        Raises:
            OutputError: The folder cannot be written.
            InputError: The report was loaded from a file and has no pixels.
        """
        from geotamper.reporting.folder import free_name

        return self.save_as(out, free_name(os.fspath(out), self.data.image.path))

    def save_as(self, out: str | os.PathLike[str], name: str) -> Path:
        """Like `save`, with a given name of the report's folder."""
        from geotamper.reporting.folder import save_report

        if self.exhibit is None:
            raise InputError(
                f"the report of '{self.data.image.path}' was loaded from a file and has no pixels to save; "
                "copy its folder, or inspect the picture again"
            )
        self.data = save_report(self.data, self.exhibit, os.fspath(out), name)
        return Path(out) / name

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Report":
        """Read a saved report.

        Args:
            path: A `report.json`, or the folder that holds one.

        Raises:
            InputError: The file cannot be read or is not a report.
        """
        file = Path(path)
        if file.is_dir():
            file = file / "report.json"
        try:
            return cls(InspectionReport.model_validate_json(file.read_bytes()))
        except OSError as error:
            raise InputError(
                f"cannot read '{path}': {error.strerror or error}; expected a report.json of geotamper"
            ) from error
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "the file"
            raise InputError(
                f"'{path}' is no report of schema {REPORT_SCHEMA}: {place}: {first['msg']}; "
                "give the report.json that 'geotamper inspect --out' wrote"
            ) from error

    def to_dict(self) -> dict[str, Any]:
        """The report as plain lists, dictionaries, numbers and strings."""
        return self.data.to_dict()

    def __repr__(self) -> str:
        verdict = self.data.verdict
        return f"Report({self.data.image.path!r}, tampered={verdict.tampered}, score={verdict.score:.2f})"


def inspect(  # noqa: PLR0913 - every choice of the command line, by name
    source: "str | os.PathLike[str] | Image | npt.NDArray[np.uint8]",
    *,
    questions: Sequence[str] = (),
    finding: int | None = None,
    read: ReadOptions = READ_AS_STORED,
    detector: str | Detector = DEFAULT_DETECTOR,
    false_alarm_rate: float = 0.01,
    weights: str = DEFAULT_NETWORK,
    time_limit: float | None = None,
    max_memory: int | None = DEFAULT_MEMORY,
    thorough: bool = False,
    spread: Spread | None = None,
    progress: Progress | None = None,
) -> Report:
    """Look for forged regions in a picture and answer questions about them.

    Files that are too large for the memory bound, and files of which only an area is asked for, are read in windows
    and searched as scenes; see `geotamper.inspection.scenes.inspector.inspect_scene`.

    Args:
        source: Path of a PNG, JPEG, WebP, TIFF, GeoTIFF or VRT file, a PIL image, or an (H, W, 3) uint8 RGB array.
        questions: In free English; none means every open question that applies.
        finding: Id of the finding that verdict and answers shall concern; None for the primary one.
        read: How a file is read: which bands, which stretch to 8 bits, which area.
        detector: A name, the path of a trained network (run folder, checkpoint folder, ONNX file), or a detector
            that is at hand.
        false_alarm_rate: Share of untouched pictures that may be called tampered, between 0 and 1; applies to
            detectors given by name.
        weights: "research" or "permissive": which class network tells what was forged; applies to detectors given by
            name.
        time_limit: Seconds after which the search ends with what it has, or None.
        max_memory: Bytes that the process may hold for the search, or None for no bound.
        thorough: Inspect each tile of a scene as a picture too, small discs and blurred regions included; it takes many
            times as long.
        spread: How the tiles of a scene that is read from a file are shared out among processes, as the memory bound
            allows; None for this process alone. The findings are the same.
        progress: Called with the finished fraction (0 to 1) and the stage that begins.

    Raises:
        InputError: The picture cannot be used.
        SpecificationError: A parameter is out of range, or no finding has the given id.

    Example:
        >>> report = inspect(np.zeros((64, 64, 3), np.uint8))
        >>> report.verdict.tampered
        False
    """
    if isinstance(questions, str):
        questions = (questions,)
    judge = (
        open_detector(detector, false_alarm_rate=false_alarm_rate, weights=weights)
        if isinstance(detector, str)
        else detector
    )
    control = Control(time_limit=time_limit, max_memory=max_memory)
    if progress is not None:
        control.on_progress = progress
    start = time.monotonic()
    with contextlib.ExitStack() as opened:
        scene: PixelSource | None = None
        area, find = None, None
        if isinstance(source, str | os.PathLike):
            raster = open_scene(os.fspath(source), read, judge, control)
            if raster is not None:
                opened.callback(raster.close)
                scene, area = raster, raster.area
                find = _shared_out(raster, spread or Spread(), control)
        if scene is None:
            picture = read_source(source, read)
            start = time.monotonic()
            scene = as_scene(picture, judge, control)
        detected: Findings | SceneFindings = (
            judge.detect(picture, control)
            if scene is None
            else check_scene_detector(judge).inspect_scene(
                scene, control, area=area, thorough=thorough, find=find
            )
        )
        request = request_of(
            questions,
            finding=finding,
            time_limit=time_limit,
            max_memory=max_memory,
            read=read,
            thorough=thorough,
        )
        data = assemble_report(judge, detected, request, seconds=time.monotonic() - start)
        opened.pop_all()  # the report reads the scene on: it stays open as long as the report lives
    exhibit = detected.exhibit if isinstance(detected, SceneFindings) else exhibit_of(detected)
    return Report(data, exhibit=exhibit, detector=judge, detected=detected)


def _shared_out(raster: "Raster", spread: Spread, control: Control) -> TileProcesses | None:
    allowed = spread.within(control)
    return None if allowed.is_one else TileProcesses(raster.spec, raster.area, allowed)


def request_of(
    questions: Sequence[str],
    *,
    finding: int | None,
    time_limit: float | None,
    max_memory: int | None,
    read: ReadOptions = READ_AS_STORED,
    thorough: bool = False,
) -> Request:
    """What `inspect` asks for with these arguments; what it records of them tells whether a report is still good."""
    return Request(
        questions=tuple(questions),
        finding=finding,
        parameters={
            "time_limit": time_limit,
            "max_memory": max_memory,
            **({"thorough": True} if thorough else {}),
            **read.as_parameters(),
        },
    )


def ask(
    source: "str | os.PathLike[str] | Image | npt.NDArray[np.uint8] | Report",
    text: str,
    *,
    detector: str | Detector = DEFAULT_DETECTOR,
) -> Answer:
    """Answer one question about a picture or a saved report.

    Args:
        source: As for `inspect`, or a report, or the path of a saved report (ending in .json), which is asked
            without looking at the picture again.
        text: In free English.
        detector: For pictures; see `inspect`.

    Raises:
        InputError: The picture or report cannot be used.
    """
    if isinstance(source, Report):
        return source.ask(text)
    if isinstance(source, str | os.PathLike) and Path(source).suffix.lower() == ".json":
        return Report.load(source).ask(text)
    return inspect(source, questions=(text,), detector=detector).answers[0]


def read_source(
    source: "str | os.PathLike[str] | Image | npt.NDArray[np.uint8]", read: ReadOptions = READ_AS_STORED
) -> Picture:
    """The picture behind a path, a PIL image or an array; its path stays as given.

    Args:
        source: As for `inspect`.
        read: How a file is read; without an area.

    Raises:
        InputError: The picture cannot be used.
        SpecificationError: Something is asked for that pixels in memory, or pictures in memory, do not offer.
    """
    if read.area is not None:
        raise SpecificationError(
            f"the {read.area.name} of pixels in memory was asked for; cut them, or give a file"
        )
    if isinstance(source, str | os.PathLike):
        return replace(read_picture(Path(source), options=read), path=os.fspath(source))
    if read != READ_AS_STORED:
        raise SpecificationError("bands and stretch are choices about files; give arrays and images as RGB")
    if isinstance(source, np.ndarray):
        return Picture.from_array(source)
    return Picture.from_pil(source)
