"""What a benchmark puts side by side: networks, ablations of one, detectors and floors."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from geotamper.errors import SpecificationError
from geotamper.evaluation.ablations import ABLATIONS, AblationRow
from geotamper.evaluation.floors import FLOORS
from geotamper.evaluation.published import Figures, published_figures
from geotamper.inspection.detector import DETECTORS

ALL = "all"
NETWORKS, DETECTOR_ROWS, FLOOR_ROWS = "networks", "detectors", "floors"
GROUPS = (NETWORKS, DETECTOR_ROWS, FLOOR_ROWS)
"""Words that stand for every row of a kind; `all` stands for the three."""

PRESETS = ("paper", "compact", "tiny")
_ABLATED = "cmfpf"


@dataclass(frozen=True)
class Row:
    """One line of a benchmark.

    Attributes:
        name: As the tables show it.
        kind: What it is, in a word or two: "network", "ablation VI", "detector", "floor".
        subject: Name of the network in the registry, of the detector or of the floor.
        is_trained: Whether a network is trained for it.
        settings: Changes of the preset, `key=value`; of the network and of the training.
        published: Accuracies that are published for it, by set and measure, fractions.
        presets: Presets in which its settings mean what its name says.
        seed: Of the training; None for that of the preset.
    """

    name: str
    kind: str
    subject: str
    is_trained: bool
    settings: tuple[str, ...] = ()
    published: Mapping[str, Figures] = field(default_factory=dict, hash=False)
    presets: tuple[str, ...] = PRESETS
    seed: int | None = None

    @property
    def title(self) -> str:
        """The name with the seed where one was chosen."""
        return self.name if self.seed is None else f"{self.name}, seed {self.seed}"


AblationTables = Mapping[str, Sequence[AblationRow]]


def model_rows(words: Sequence[str]) -> tuple[Row, ...]:
    """The rows that a list of names stands for, each once, in the order given.

    Args:
        words: Names of networks, detectors and floors, `all`, or one of `GROUPS`.

    Raises:
        SpecificationError: Nothing has one of these names.
    """
    found: dict[str, Row] = {}
    known = {**_network_rows(words), **_reference_rows()}
    for word in words:
        if word == ALL:
            found |= known
        elif word in GROUPS:
            found |= {name: row for name, row in known.items() if _group(row) == word}
        elif word in known:
            found[word] = known[word]
        else:
            raise SpecificationError(
                f"there is no '{word}' to compare; choose from {', '.join((ALL, *GROUPS, *known))}"
            )
    return tuple(found.values())


def ablation_rows(names: Iterable[str], tables: AblationTables | None = None) -> tuple[Row, ...]:
    """The rows of ablation tables.

    Args:
        names: Of the tables, such as "IV".
        tables: Where to look for them; None for those of the package.

    Raises:
        SpecificationError: There is no such table.
    """
    known: AblationTables = (
        {str(name): rows for name, rows in ABLATIONS.items()} if tables is None else tables
    )
    rows: list[Row] = []
    for name in names:
        if name not in known:
            raise SpecificationError(f"there is no ablation table '{name}'; there are: {', '.join(known)}")
        rows += (_ablation(name, item) for item in known[name])
    return tuple(rows)


def with_seeds(rows: Iterable[Row], seeds: Sequence[int]) -> tuple[Row, ...]:
    """Every trained row once for each seed; without seeds the rows as they are."""
    if not seeds:
        return tuple(rows)
    return tuple(
        repeated
        for row in rows
        for repeated in ([replace(row, seed=seed) for seed in seeds] if row.is_trained else [row])
    )


def _ablation(table: str, item: AblationRow) -> Row:
    return Row(
        name=f"{table}: {item.name}",
        kind=f"ablation {table}",
        subject=_ABLATED,
        is_trained=True,
        settings=item.settings,
        published={
            name: {"OA": figures.overall, "AA": figures.average} for name, figures in item.published.items()
        },
        presets=item.presets,
    )


def may_name_networks(words: Sequence[str]) -> bool:
    """Whether a list of names has one that only PyTorch's registry of networks can know."""
    return not all(
        word in DETECTORS or word in FLOORS or word in (DETECTOR_ROWS, FLOOR_ROWS) for word in words
    )


def _network_rows(words: Sequence[str]) -> dict[str, Row]:
    """Every network of the registry; PyTorch is loaded only where one is asked for."""
    if not may_name_networks(words):
        return {}
    from geotamper.models.registry import MODELS

    return {
        name: Row(entry.title, "network", name, is_trained=True, published=_published(entry.title))
        for name, entry in MODELS.items()
    }


def _reference_rows() -> dict[str, Row]:
    detectors = {name: Row(name, "detector", name, is_trained=False) for name in DETECTORS}
    return detectors | {name: Row(name, "floor", name, is_trained=False) for name in FLOORS}


def _group(row: Row) -> str:
    return f"{row.kind}s"


def _published(title: str) -> Mapping[str, Figures]:
    """Figures of a network by set; a title may add a further name of it in brackets."""
    name = title.partition(" (")[0]
    return {place: figures for (place, model), figures in published_figures().items() if model == name}
