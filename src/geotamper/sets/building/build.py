"""Building a set from raw imagery, from the listing of its tiles to the last list."""

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar

from geotamper.control import Control
from geotamper.errors import CancelledError, InputError, OutputError
from geotamper.processes.engines import Engine, InProcess
from geotamper.sets.building.finish import Course, write_set
from geotamper.sets.building.journal import Journal
from geotamper.sets.building.lines import relative_line
from geotamper.sets.building.making import (
    PictureMaker,
    PictureOutcome,
    PictureTask,
    outcome_document,
    parse_outcome,
)
from geotamper.sets.building.plan import PictureJob, Plan, make_plan
from geotamper.sets.building.presets import PRESETS, BuildSettings
from geotamper.sets.building.report import BuildReport
from geotamper.sets.building.survey import Surveyor, SurveyOutcome, parse_survey, survey_document
from geotamper.sets.building.workspace import Workspace, identify, table_documents
from geotamper.sets.card import CARD_FILE, CROISSANT_FILE, write_card
from geotamper.sets.layout import Sidecar
from geotamper.sets.screening.selection import Screening, conclude
from geotamper.sets.sources.protocol import Listing, RawSource

BATCH = 16
"""Most tiles or pictures that a process gets at once."""

SURVEY_SHARE = 0.25
"""Part of the progress that surveying takes."""

Item = TypeVar("Item")
Result = TypeVar("Result")


def build_set(
    source: RawSource,
    out: Path | str,
    settings: BuildSettings,
    *,
    engine: Engine | None = None,
    control: Control | None = None,
) -> BuildReport:
    """Build a set in the released layout, with its data card and Croissant metadata.

    The same source, settings and library versions give the same bytes on any engine. A build that was stopped, at
    whatever moment, goes on where it was when it is started again with the same settings; a finished set is left
    as it is. Raw files that cannot be read are left out and listed in the report.

    Args:
        source: The raw imagery.
        out: The folder of the set: new, empty, or of the same build.
        settings: Which set.
        engine: Where the work is done; in this process if None.
        control: Progress out, cancellation in.

    Raises:
        LayoutError: The source is not laid out as its reader expects.
        InputError: The source has no usable tile or no object to forge.
        OutputError: `out` holds something else, is being built by another process, cannot be written, or the disk
            is full; what is finished is kept.
        CancelledError: The caller asked to stop; what is finished is kept.
    """
    root = Path(out)
    control = control or Control()
    control.checkpoint(0.0, "listing tiles")
    listing = source.tiles()
    with Workspace(root, identify(settings, source.info, listing)) as workspace:
        sidecar = workspace.finished
        if sidecar is None:
            sidecar = _Build(source, listing, settings, workspace, engine or InProcess(), control).run()
        with _hint():
            # after all else, as it holds hashes; a build may have been stopped between the sidecar and the card
            if not all((root / name).is_file() for name in (CARD_FILE, CROISSANT_FILE)):
                write_card(root)
        workspace.close()
    return BuildReport(root, sidecar)


@contextmanager
def _hint() -> Generator[None]:
    """Say with every error that ends a build what becomes of the work that was done."""
    try:
        yield
    except (CancelledError, OutputError) as error:
        raise type(error)(
            f"{error}; what is finished is kept: repeat the command to go on from there"
        ) from error


class _Build:
    """One run."""

    def __init__(
        self,
        source: RawSource,
        listing: Listing,
        settings: BuildSettings,
        workspace: Workspace,
        engine: Engine,
        control: Control,
    ) -> None:
        self.source = source
        self.listing = listing
        self.settings = settings
        self.workspace = workspace
        self.engine = engine
        self.control = control
        self.failures = [relative_line(error, source.root) for error in listing.failures]

    def run(self) -> Sidecar:
        """Make everything but the card."""
        with _hint():
            return self._build()

    def _build(self) -> Sidecar:
        surveys = self._survey()
        readable = {entry.tile: entry.survey for entry in surveys if entry.survey is not None}
        self.failures += [entry.failure for entry in surveys if entry.failure]
        screening = conclude([entry.examination for entry in readable.values()])
        plan = make_plan(readable, screening, self.settings)
        self._require_work(plan, screening)
        outcomes = self._make_pictures(plan)
        self.failures += sorted({entry.failure for entry in outcomes if entry.failure})
        self.control.checkpoint(1.0, "writing the lists")
        course = Course(
            identity=self.workspace.identity,
            plan=plan,
            screening=screening,
            outcomes=outcomes,
            failures=self.failures,
            notes=[relative_line(note, self.source.root) for note in (*self.listing.notes, *screening.notes)],
            tables=table_documents(self.listing),
        )
        return write_set(self.workspace.root, self.settings, self.source.info, course)

    def _survey(self) -> list[SurveyOutcome]:
        """The surveys of all tiles, in the order of the listing."""
        tiles = self.listing.tiles
        with Journal(self.workspace.surveys) as journal:
            # failures stay too: with other tiles the plan, and what is finished of it, would be another
            known = {entry["tile"]: parse_survey(entry) for entry in journal.entries}
            todo = [(place, ref) for place, ref in enumerate(tiles) if place not in known]
            batches = batches_of(todo, lambda entry: entry[1].raw.key)
            for outcomes in self._run(Surveyor(self.source), batches):
                for outcome in outcomes:
                    known[outcome.tile] = outcome
                    journal.add(survey_document(outcome))
                done = len(known) / len(tiles)
                self.control.checkpoint(SURVEY_SHARE * done, f"screening {len(known)} of {len(tiles)} tiles")
        return [known[place] for place in range(len(tiles))]

    def _require_work(self, plan: Plan, screening: Screening) -> None:
        if plan.jobs:
            return
        first = f"; the first failure: {self.failures[0]}" if self.failures else ""
        raise InputError(
            f"no picture can be made of the {len(self.listing.tiles)} tiles of '{self.source.info.name}': "
            f"{len(screening.accepted)} pass screening, and the objects of 0.1 to 15 % of a tile, or the number "
            f"of pictures asked for, do not allow any{first}; name other imagery or ask for more pictures"
        )

    def _make_pictures(self, plan: Plan) -> list[PictureOutcome]:
        """Every picture, and for rejected ones others, as long as there are objects.

        Rounds are decided by outcomes alone, which do not depend on the order in which they come.
        """
        outcomes: list[PictureOutcome] = []
        made = 0
        barred: set[tuple[int, int]] = set()
        with Journal(self.workspace.pictures) as journal:
            known = {(entry["picture"], entry["attempt"]): parse_outcome(entry) for entry in journal.entries}
            jobs: Sequence[PictureJob] = plan.jobs
            while jobs:
                rejected: list[PictureJob] = []
                by_id = {job.id: job for job in jobs}
                for outcome in self._round(plan, jobs, known, journal):
                    outcomes.append(outcome)
                    if outcome.rejected:
                        rejected.append(by_id[outcome.id])
                    else:
                        made += 1
                    done = SURVEY_SHARE + (1 - SURVEY_SHARE) * made / len(plan.jobs)
                    self.control.checkpoint(done, f"picture {made} of {len(plan.jobs)}")
                barred |= {(job.tile, job.slot.number) for job in rejected if job.slot}
                jobs = plan.replacements(sorted(rejected, key=lambda job: job.id), barred)
        return sorted(outcomes, key=lambda entry: (entry.id, entry.attempt))

    def _round(
        self,
        plan: Plan,
        jobs: Sequence[PictureJob],
        known: dict[tuple[int, int], PictureOutcome],
        journal: Journal,
    ) -> Generator[PictureOutcome]:
        """The outcome of every job: from the journal where it is known, else by doing it."""
        todo: list[PictureTask] = []
        for job in jobs:
            outcome = known.get((job.id, job.attempt))
            if outcome is not None:
                yield outcome
                continue
            group = plan.groups[job.tile]
            todo.append(PictureTask(job, self.listing.tiles[job.tile], group, plan.folds[group]))
        plausible = PRESETS[self.settings.preset].plausible
        maker = PictureMaker(self.source, self.workspace.root, self.settings.seed, plausible)
        for outcomes in self._run(maker, batches_of(todo, lambda task: task.ref.raw.key)):
            for outcome in outcomes:
                if not outcome.failure:
                    journal.add(outcome_document(outcome))
                yield outcome

    def _run(
        self, work: Callable[[Sequence[Item]], list[Result]], batches: Sequence[Sequence[Item]]
    ) -> Generator[list[Result]]:
        with closing(self.engine.run(work, batches)) as results:
            yield from results


def batches_of(items: Iterable[Item], key: Callable[[Item], str]) -> list[tuple[Item, ...]]:
    """Cut a sequence into batches of at most `BATCH` items of equal key, so that a raw file is opened once."""
    batches: list[list[Item]] = []
    last: str | None = None
    for item in items:
        name = key(item)
        if name != last or len(batches[-1]) >= BATCH:
            batches.append([])
        batches[-1].append(item)
        last = name
    return [tuple(batch) for batch in batches]
