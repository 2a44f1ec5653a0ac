"""What a card tells about a set, gathered from the set alone."""

import shlex
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from geotamper.sets.layout import FOLDS, Fold, Sidecar, TamperSet, open_lists
from geotamper.sets.layout.names import FOLD_FILES, json_folder
from geotamper.sets.parquet.names import ListName
from geotamper.sets.parquet.reading import ParquetFiles
from geotamper.sets.sources.protocol import SourceInfo
from geotamper.sets.sources.registry import READERS
from geotamper.sets.stats import SetStatistics, collect_statistics
from geotamper.sets.stats.counting import UNKNOWN

PAPER = (
    "@article{zhang2024copymove,\n"
    "  title = {Copy-Move Forgery Detection and Question Answering for Remote Sensing Image},\n"
    "  author = {Zhang and others},\n"
    "  journal = {arXiv preprint arXiv:2412.02575},\n"
    "  year = {2024}\n"
    "}"
)
"""Defines the task and the question types."""


@dataclass(frozen=True)
class SourceUse:
    """A set of raw imagery that pictures were made from.

    Attributes:
        name: As the set calls it.
        pictures: Made from it.
        info: Licence and citation, or None where this package does not know the source.
        licence: Terms that the sidecar states, or None.
        restricted: Whether the manifest of the imagery marks it as restricted; None where it does not say.
    """

    name: str
    pictures: int
    info: SourceInfo | None
    licence: str | None
    restricted: bool | None = None

    @property
    def terms(self) -> str:
        """The licence in words."""
        if self.licence is not None:
            return self.licence
        return "not stated in the files of this set" if self.info is None else self.info.licence


@dataclass(frozen=True)
class QuestionFiles:
    """The question files of one list.

    Attributes:
        name: Full set or balanced subset.
        folds: Files of each fold that has questions, relative to the set.
    """

    name: ListName
    folds: dict[Fold, tuple[str, ...]]


@dataclass(frozen=True)
class CardFacts:
    """Everything that the card and the metadata tell.

    Attributes:
        root: The folder of the set.
        opened: The full set, or the balanced subset of a release that has nothing else.
        name: Of the set.
        statistics: Counts of that set.
        balanced: Counts of the balanced subset beside a full set, or None.
        sidecar: None for sets made elsewhere.
        sources: By falling number of pictures.
        files: Question files of every list.
        parquet: Whether questions are in Parquet instead of JSON.
        shards: Whether pictures are in tar files.
    """

    root: Path
    opened: TamperSet
    name: str
    statistics: SetStatistics
    balanced: SetStatistics | None
    sidecar: Sidecar | None
    sources: tuple[SourceUse, ...]
    files: tuple[QuestionFiles, ...]
    parquet: bool
    shards: bool

    @property
    def title(self) -> str:
        """The name of the set with its number of pictures, so that sets of one preset can be told apart.

        That of the folder is no part of it: the same set has the same card wherever it lies.
        """
        return f"{self.name}, {self.statistics.pictures} pictures"

    @property
    def folder(self) -> str:
        """The name of the set as a word of a command line."""
        return shlex.quote(self.name)

    @property
    def licences(self) -> dict[str, int]:
        """Pictures by terms, the most frequent first."""
        found: Counter[str] = Counter()
        for source in self.sources:
            found[source.terms] += source.pictures
        return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))

    @property
    def command(self) -> str | None:
        """The command that makes the set again from the same imagery, or None for sets made elsewhere."""
        if self.sidecar is None:
            return None
        settings = self.sidecar.settings
        words = ["geotamper", "generate", "SOURCE", "OUT", "--preset", self.sidecar.name]
        source = settings.get("source")
        if isinstance(source, dict) and source.get("name") in _readers_by_source():
            words += ["--reader", _readers_by_source()[source["name"]]]
        if settings.get("classes"):
            words += ["--classes", "FILE"] if "." in settings["classes"] else []
        for option, key in (("--images", "images"), ("--per-object", "per_object")):
            if settings.get(key) is not None:
                words += [option, str(settings[key])]
        return shlex.join([*words, "--seed", str(self.sidecar.seed), "--wording", self.sidecar.wording])


def gather_facts(root: Path) -> CardFacts:
    """Read what the card of a set tells.

    Raises:
        InputError: The set cannot be read.
    """
    root = root.resolve()
    lists = open_lists(root)
    opened = lists[0]
    storage = opened.storage
    parquet = isinstance(storage, ParquetFiles)
    shards = isinstance(storage, ParquetFiles) and storage.manifest.storage == "shards"
    sidecar = opened.sidecar
    return CardFacts(
        root=root,
        opened=opened,
        name=root.name if sidecar is None else sidecar.name,
        statistics=collect_statistics(opened),
        balanced=None if len(lists) == 1 else collect_statistics(lists[1]),
        sidecar=sidecar,
        sources=tuple(_sources(opened)),
        files=tuple(_question_files(root, listed) for listed in lists),
        parquet=parquet,
        shards=shards,
    )


def _sources(opened: TamperSet) -> list[SourceUse]:
    """The imagery by its terms: as the records have them, else, in older sets, as the settings or the readers do."""
    stated = {} if opened.sidecar is None else opened.sidecar.settings.get("source", {})
    known = {reader.info.name.casefold(): reader.info for reader in READERS.values()}
    found: Counter[tuple[str, str | None, bool | None]] = Counter()
    for picture in opened.pictures.values():
        if not picture.active:
            continue
        record = opened.records.get(picture.id)
        name = picture.origin_dataset or UNKNOWN
        licence = stated.get("licence") if stated.get("name") == name else None
        if record is not None and record.licence is not None:
            licence = record.licence
        found[name, licence, None if record is None else record.restricted] += 1
    uses = [
        SourceUse(name, count, known.get(name.casefold()), licence, restricted)
        for (name, licence, restricted), count in found.items()
    ]
    totals: Counter[str] = Counter()
    for use in uses:
        totals[use.name] += use.pictures
    return sorted(uses, key=lambda use: (-totals[use.name], use.name, -use.pictures, use.terms))


def _readers_by_source() -> dict[str, str]:
    return {reader.info.name: reader.name for reader in READERS.values()}


def _question_files(root: Path, listed: TamperSet) -> QuestionFiles:
    storage = listed.storage
    name: ListName = "balanced" if listed.balanced else "full"
    if isinstance(storage, ParquetFiles):
        folds = storage.manifest.lists[name].folds
        files = {fold: folds[fold].files for fold in FOLDS if fold in folds and folds[fold].files}
        return QuestionFiles(name, files)
    folder = json_folder(root, balanced=listed.balanced).relative_to(root)
    return QuestionFiles(
        name,
        {
            fold: ((folder / FOLD_FILES[fold]).as_posix(),)
            for fold in FOLDS
            if len(listed.fold_questions(fold))
        },
    )
