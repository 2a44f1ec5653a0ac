"""A run of `geotamper generate`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import typer

from geotamper.cli import options
from geotamper.cli.failures import FAILED, INTERRUPTED, report_failure
from geotamper.cli.progress import progress_bar
from geotamper.control import Control
from geotamper.processes import open_engine
from geotamper.sets.building import (
    PRESETS,
    BuildReport,
    BuildSettings,
    PresetName,
    build_set,
)
from geotamper.sets.layout.sidecar import Wording
from geotamper.sets.sources import READERS, open_source


@dataclass(frozen=True)
class GenerateChoices:
    """The options of the command, under the names that its help explains."""

    source: str
    out: str
    preset: str
    reader: str | None = None
    classes: str | None = None
    images: int | None = None
    per_object: int = 4
    seed: int = 0
    wording: str = "own"
    jobs: int = 1
    engine: str = "local"


def run_generate(choices: GenerateChoices) -> int:
    """Build the set and print what came of it.

    Returns:
        The exit code: 1 when a raw file could not be used, 130 after Ctrl-C, else 0.

    Raises:
        GeotamperError: The set cannot be built; see `build_set`.
        typer.BadParameter: An option has no such value.
    """
    settings, engine_name = _settings(choices), options.engine_of(choices.engine)
    if choices.reader is not None and choices.reader.casefold() not in READERS:
        raise typer.BadParameter(
            f"'{choices.reader}' is none; choose one of {', '.join(READERS)}", param_hint="--reader"
        )
    table = None if choices.classes is None else Path(choices.classes)
    source = open_source(Path(choices.source), choices.reader, class_table=table)
    try:
        with progress_bar(100) as watch, open_engine(engine_name, choices.jobs) as engine:
            control = Control()
            if watch:
                control.on_progress = _percent(watch)
            report = build_set(source, choices.out, settings, engine=engine, control=control)
    except KeyboardInterrupt:
        report_failure(
            f"interrupted; finished pictures stay in '{choices.out}': repeat the command to go on from there"
        )
        return INTERRUPTED
    for line in summary(report):
        typer.echo(line)
    for failure in report.failures:
        report_failure(failure)
    return FAILED if report.failures else 0


def _percent(watch: Callable[[int, str], object]) -> Callable[[float, str], None]:
    def report(fraction: float, stage: str) -> None:
        watch(int(100 * fraction), stage)

    return report


def _settings(choices: GenerateChoices) -> BuildSettings:
    presets: dict[str, PresetName] = {name: name for name in PRESETS}
    wordings: dict[str, Wording] = {name: name for name in get_args(Wording)}
    if choices.preset not in presets:
        raise typer.BadParameter(
            f"'{choices.preset}' is none; choose one of {', '.join(presets)}", param_hint="--preset"
        )
    if choices.wording not in wordings:
        raise typer.BadParameter(
            f"'{choices.wording}' is none; choose one of {', '.join(wordings)}", param_hint="--wording"
        )
    return BuildSettings(
        preset=presets[choices.preset],
        images=choices.images,
        seed=choices.seed,
        wording=wordings[choices.wording],
        per_object=choices.per_object,
    )


def summary(report: BuildReport) -> Iterator[str]:
    """What came of a build, a line for each side of it."""
    pictures = len(report.sidecar.pictures)
    wanted = sum(report.wanted.values())
    short = f" of {wanted} planned" if pictures != wanted else ""
    yield f"{report.root}: {pictures} pictures{short}"
    yield f"  kinds: {_listed(report.kinds)}"
    yield f"  folds: {_listed(report.folds)}"
    yield f"  classes: {_listed(report.classes)}"
    tiles = report.tiles
    left_out = f"; left out: {_listed(tiles['left_out'])}" if tiles["left_out"] else ""
    yield f"  raw tiles: {tiles['used']} of {tiles['listed']} used{left_out}"
    if report.rejected:
        yield f"  objects rejected: {_listed(report.rejected)}"
    for note in report.notes:
        yield f"  note: {note}"


def _listed(counts: Mapping[Any, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
