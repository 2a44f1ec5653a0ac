"""The data card as Markdown, with the header that `datasets.load_dataset` reads."""

from collections.abc import Iterator, Mapping

import yaml

from geotamper.sets.card.facts import PAPER, CardFacts
from geotamper.sets.stats import SetStatistics

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))
RESTRICTED = {True: "yes", False: "no", None: "not stated"}
CONFIG_NAMES = {"full": "default", "balanced": "balanced"}


def card_text(facts: CardFacts) -> str:
    """The whole card."""
    parts = [
        _header(facts),
        *_summary(facts),
        *_use(facts),
        *_making(facts),
        *_sources(facts),
        *_limits(facts),
    ]
    return "\n".join(parts).rstrip() + "\n"


def _header(facts: CardFacts) -> str:
    content = {
        "pretty_name": facts.title,
        "license": "other",
        "task_categories": ["visual-question-answering", "image-segmentation"],
        "language": ["en"],
        "tags": ["remote-sensing", "image-forensics", "copy-move-forgery"],
        "size_categories": [_size(facts.statistics.questions)],
        "configs": [
            {
                "config_name": CONFIG_NAMES[files.name],
                "data_files": [{"split": fold, "path": list(paths)} for fold, paths in files.folds.items()],
                **({} if facts.parquet else {"field": "questions"}),
            }
            for files in facts.files
            if files.folds
        ],
    }
    return f"---\n{yaml.safe_dump(content, sort_keys=False)}---\n"


def _size(questions: int) -> str:
    return next((name for limit, name in SIZES if questions < limit), "1M<n<10M")


def _summary(facts: CardFacts) -> Iterator[str]:
    found = facts.statistics
    yield f"# {facts.title}\n"
    yield (
        "Overhead pictures, untouched and tampered with, with questions and answers about the tampering, and masks of "
        "what was copied (source) and where it was pasted (target). For a blurred region both masks are the same.\n"
    )
    yield "| fold | pictures | questions |" + (" questions, balanced |" if facts.balanced else "")
    yield "| --- | ---: | ---: |" + (" ---: |" if facts.balanced else "")
    for name, fold in found.folds.items():
        more = ""
        if facts.balanced is not None:
            balanced = facts.balanced.folds.get(name)
            more = f" {balanced.questions if balanced else 0} |"
        yield f"| {name} | {fold.pictures} | {fold.questions} |{more}"
    more = f" {facts.balanced.questions} |" if facts.balanced else ""
    yield f"| all | {found.pictures} | {found.questions} |{more}\n"
    if found.groups is not None:
        yield (
            f"Pictures that may show the same ground share one of {found.groups} groups, and a group stands in one "
            "fold only.\n"
        )
    yield from _table("what was done", "pictures", found.kinds)
    yield from _table("class of the object", "pictures", found.classes)
    yield from _answers(found)


def _table(first: str, second: str, counts: Mapping[str, int]) -> Iterator[str]:
    if counts:
        yield f"| {first} | {second} |\n| --- | ---: |"
        yield from (f"| {_cell(name)} | {count} |" for name, count in counts.items())
        yield ""


def _answers(found: SetStatistics) -> Iterator[str]:
    yield "| question type | questions | answers |\n| --- | ---: | --- |"
    for name, answers in found.answers.items():
        told = ", ".join(f"{_cell(answer)} {count}" for answer, count in answers.items())
        yield f"| `{name}` | {found.types[name]} | {told} |"
    yield ""


def _use(facts: CardFacts) -> Iterator[str]:
    yield "## Use\n"
    yield "```python\nfrom datasets import load_dataset\n"
    yield f'questions = load_dataset("path/to/{facts.folder}")\n```\n'
    where = "the tar files in `shards`, listed in `files.parquet`" if facts.shards else "`image/<img_id>.png`"
    yield (
        "Every row is one question: `id`, `img_id`, `type` (a number), `question`, `answer`, `active`. The picture "
        f"is in {where}; `source`, `target`, `background`, `original` and `segmentation` hold masks, the picture "
        "before and the class map under the same number, as far as the set has them. With geotamper installed:\n"
    )
    yield (
        f"```shell\ngeotamper check {facts.folder}\ngeotamper stats {facts.folder}\n"
        f"geotamper evaluate inspector --data {facts.folder}\n```\n"
    )


def _making(facts: CardFacts) -> Iterator[str]:
    yield "## How it was made\n"
    sidecar = facts.sidecar
    if sidecar is None:
        yield "This set was not made by geotamper, and its files do not tell how it was made.\n"
        return
    yield (
        "Objects of labelled imagery were copied, turned, scaled and pasted within their picture, or blurred; answers "
        "follow by rule from what was done. `geotamper.json` holds what was done to each picture.\n"
    )
    yield f"```shell\n{facts.command}\n```\n"
    versions = ", ".join(f"{name} {version}" for name, version in sorted(sidecar.versions.items()))
    yield (
        f"Seed {sidecar.seed}; made with {versions or 'versions that were not recorded'}. The same command, imagery "
        "and versions give the same bytes.\n"
    )
    rejected = sidecar.settings.get("rejected")
    if isinstance(rejected, dict) and rejected:
        told = ", ".join(f"{name} {count}" for name, count in rejected.items())
        yield f"Objects that were rejected: {told}.\n"
    tiles = sidecar.settings.get("tiles")
    if isinstance(tiles, dict) and {"listed", "used", "left_out"} <= set(tiles):
        left = ", ".join(f"{name} {count}" for name, count in tiles["left_out"].items())
        yield f"Raw tiles: {tiles['used']} of {tiles['listed']} used{'; left out: ' + left if left else ''}.\n"


def _sources(facts: CardFacts) -> Iterator[str]:
    yield "## Raw imagery, licences and citations\n"
    yield "Pictures keep the terms of the imagery that they were made from: read them before you pass this set on.\n"
    yield "| raw imagery | pictures | terms | restricted |\n| --- | ---: | --- | --- |"
    for source in facts.sources:
        title = source.name if source.info is None else f"{source.name}: {source.info.title}"
        told = RESTRICTED[source.restricted]
        yield f"| {_cell(title)} | {source.pictures} | {_cell(source.terms)} | {told} |"
    yield ""
    yield from _table("terms", "pictures", facts.licences)
    yield from _restricted(facts)
    regions = {name: sum(kinds.values()) for name, kinds in facts.statistics.regions.items()}
    yield from _table("region", "pictures", regions)
    yield "Cite the imagery, and the paper that defined the task:\n"
    entries = dict.fromkeys(s.info.bibtex for s in facts.sources if s.info is not None and s.info.bibtex)
    yield "```bibtex\n" + "\n\n".join([*entries, PAPER]) + "\n```\n"


def _restricted(facts: CardFacts) -> Iterator[str]:
    restricted = [source for source in facts.sources if source.restricted]
    if restricted:
        names = ", ".join(dict.fromkeys(source.name for source in restricted))
        yield (
            f"The manifest of the raw imagery marks {sum(source.pictures for source in restricted)} pictures as "
            f"restricted: those made from {names}. `licence` and `restricted` of each picture are in "
            "`geotamper.json`.\n"
        )


def _limits(facts: CardFacts) -> Iterator[str]:
    yield "## Limits\n"
    yield "- Forgeries are made by a program; those of an artist look different."
    yield "- One object is forged per picture; nothing is spliced in from other pictures."
    if facts.sidecar is None:
        yield "- Exact transforms are not part of this set, nor which pictures show the same ground."
    elif any(record.ambiguous_rotation for record in facts.sidecar.pictures):
        count = sum(record.ambiguous_rotation for record in facts.sidecar.pictures)
        yield f"- {count} objects were turned although their outline hides it (`ambiguous_rotation` in the sidecar)."
    yield "- Outlines and classes are as good as the labels of the raw imagery."


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
