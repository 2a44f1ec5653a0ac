r"""Turn built sets, and evaluations of the inspector on them, into Markdown tables.

So nobody types numbers by hand. The sets come from `geotamper generate`, the evaluations from `geotamper evaluate
inspector --data SET [--balanced] --out FOLDER`.

Examples:
    python benchmarks/tabulate_sets.py --sets sets/rs-cmqa sets/rs-tqa sets/real-rscm
    python benchmarks/tabulate_sets.py --metrics eval/*/metrics.json --into benchmarks/RESULTS.md

    python benchmarks/tabulate_sets.py --metrics eval/cmfpf/metrics.json eval/cm_moe/metrics.json --block networks

Without --into the tables are printed. With it, the text between the lines `<!-- begin sets -->` and
`<!-- begin set-accuracy -->` (or another --block) and their `end` lines is replaced in the given files.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from _common.blocks import insert
from _common.failures import one_line_failures
from _common.tables import markdown, percent
from geotamper.errors import InputError
from geotamper.sets.layout import FOLDS, Sidecar, open_set, read_sidecar
from geotamper.sets.layout.names import SIDECAR_FILE
from geotamper.task.catalogue import QUESTION_TYPES
from geotamper.task.facts import TAMPER_KINDS

Document = Mapping[str, Any]


@one_line_failures
def main() -> int:
    """Print or insert the tables; 1 when a file cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--sets", type=Path, nargs="+", default=[], metavar="SET", help="folders of built sets"
    )
    parser.add_argument(
        "--metrics", type=Path, nargs="+", default=[], metavar="FILE", help="metrics.json files"
    )
    parser.add_argument(
        "--into", type=Path, nargs="+", metavar="FILE", help="Markdown files to bring up to date"
    )
    parser.add_argument("--block", default="set-accuracy", help="name of the block of the accuracies")
    options = parser.parse_args()
    blocks: dict[str, str] = {}
    if options.sets:
        blocks["sets"] = sets_text(options.sets)
    if options.metrics:
        blocks[options.block] = accuracy_text([_load(path) for path in options.metrics])
    if options.into:
        insert(blocks, options.into)
    else:
        print("\n\n".join(blocks.values()))
    return 0


def sets_text(folders: Sequence[Path]) -> str:
    """What each set holds, and what was left out when it was built."""
    sidecars = [_sidecar(folder) for folder in folders]
    rows = [[name, *(fill(sidecar) for sidecar in sidecars)] for name, fill in _SET_ROWS.items()]
    rows.insert(3, ["questions", *(str(len(open_set(folder).questions)) for folder in folders)])
    return markdown(["", *(folder.name for folder in folders)], rows)


def _sidecar(folder: Path) -> Sidecar:
    found = read_sidecar(folder / SIDECAR_FILE)
    if found is None:
        raise InputError(f"'{folder}' has no {SIDECAR_FILE}; give sets that 'geotamper generate' built")
    return found


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items() if count) or "-"


def _rejected(sidecar: Sidecar) -> str:
    rejected, tried = sidecar.settings["rejected"], sidecar.settings["tried"]
    total = sum(rejected.values())
    return f"{percent(total / tried)} ({total} of {tried}: {_listed(rejected)})" if total else f"0 of {tried}"


def _left_out(sidecar: Sidecar) -> str:
    tiles = sidecar.settings["tiles"]
    total = sum(tiles["left_out"].values())
    return f"{percent(total / tiles['listed'])} ({total} of {tiles['listed']}: {_listed(tiles['left_out'])})"


_SET_ROWS: Mapping[str, Callable[[Sidecar], str]] = {
    "pictures": lambda sidecar: str(len(sidecar.pictures)),
    "kinds": lambda sidecar: _listed(
        {kind: sum(entry.kind == kind for entry in sidecar.pictures) for kind in TAMPER_KINDS}
    ),
    "folds": lambda sidecar: _listed(
        {fold: sum(entry.fold == fold for entry in sidecar.pictures) for fold in FOLDS}
    ),
    "groups": lambda sidecar: str(len({entry.group for entry in sidecar.pictures})),
    "classes": lambda sidecar: _listed(
        Counter(str(entry.object_class) for entry in sidecar.pictures if entry.object_class)
    ),
    "restricted pictures": lambda sidecar: str(sum(bool(entry.restricted) for entry in sidecar.pictures)),
    "objects rejected": _rejected,
    "raw tiles left out by screening": _left_out,
    "seed": lambda sidecar: str(sidecar.seed),
}


def accuracy_text(documents: Sequence[Document]) -> str:
    """Accuracy per type, OA and AA, and what lies behind them, one column per evaluation."""
    several = len({document["model"] for document in documents}) > 1
    header = ["", *(_title(document, several=several) for document in documents)]
    rows = [
        [name, *(_accuracy(document, name) for document in documents)]
        for name in QUESTION_TYPES
        if any(name in document["per_type"] for document in documents)
    ]
    rows += [[f"**{name}**", *(_whole(document, name) for document in documents)] for name in ("OA", "AA")]
    behind = [
        [label, *(_value(document, *place) for document in documents)] for label, place in _BEHIND.items()
    ]
    rows += [row for row in behind if set(row[1:]) != {"-"}]
    rows.append(["pictures", *(str(document["images"]) for document in documents)])
    rows.append(["questions", *(str(document["questions"]) for document in documents)])
    folds = sorted({str(document["split"]) for document in documents})
    versions = sorted({str(document["version"]) for document in documents})
    return f"Fold {' and '.join(folds)}, version {' and '.join(versions)}.\n\n{markdown(header, rows)}"


_BEHIND = {
    "OA within the question's type": ("within_type", "OA"),
    "AA within the question's type": ("within_type", "AA"),
    "answers of another type": ("outside_type",),
    "answered without forcing": ("coverage",),
    "forged called tampered": ("image_level", "recall"),
    "copies found": ("localisation", "found_rate"),
    "exchanged, of the found": ("localisation", "swap_rate"),
    "blurs found": ("localisation", "blur_found_rate"),
    "untouched called tampered": ("image_level", "false_alarm_rate"),
    "calibration error of the verdict": ("image_level", "ece"),
}


def _title(document: Document, *, several: bool) -> str:
    """The set, or the model where there are several, which questions were asked and how pictures were changed."""
    what = Path(str(document["model"] if several else document["data"])).name
    change = document.get("degrade", "none")
    return f"{what}{', balanced' if document['balanced'] else ''}{'' if change == 'none' else f', {change}'}"


def _accuracy(document: Document, name: str) -> str:
    entry = document["per_type"].get(name)
    return percent(entry["accuracy"]) if entry else "-"


def _whole(document: Document, name: str) -> str:
    low, high = document["confidence_intervals"][name]
    return f"**{percent(document[name])}** ({100 * low:.1f} to {100 * high:.1f})"


def _value(document: Document, *place: str) -> str:
    value: Any = document
    for key in place:
        value = None if value is None else value.get(key)
    return percent(value)


def _load(path: Path) -> Document:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read '{path}' ({error}); expected the metrics of 'geotamper evaluate'"
        ) from error
    if not isinstance(content, dict) or content.get("schema") != "geotamper.metrics/1":
        raise InputError(f"'{path}' is no metrics file; give what 'geotamper evaluate --out' wrote")
    return content


if __name__ == "__main__":
    sys.exit(main())
