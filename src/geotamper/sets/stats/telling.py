"""The counts of a set in lines of text."""

from collections.abc import Iterator, Mapping

from geotamper.sets.stats.counting import SetStatistics


def statistics_text(found: SetStatistics) -> str:
    """All counts for the terminal."""
    return "\n".join(_lines(found))


def _lines(found: SetStatistics) -> Iterator[str]:
    kind = " (balanced subset)" if found.balanced else ""
    yield f"{found.name}{kind}: {found.pictures} pictures, {found.questions} questions"
    if found.groups is not None:
        yield f"  groups of pictures that may show the same ground: {found.groups}"
    for name, fold in found.folds.items():
        yield f"  {name}: {fold.pictures} pictures, {fold.questions} questions"
    yield f"  kinds: {_listed(found.kinds)}"
    yield f"  raw imagery: {_listed(found.origins)}"
    yield f"  regions: {_listed({name: sum(kinds.values()) for name, kinds in found.regions.items()})}"
    yield f"  classes: {_listed(found.classes)}"
    yield f"  forged area: {_ranges(found.areas)}"
    for title, counts in (
        ("turned by, degrees", found.rotations),
        ("scaled by", found.scales),
    ):
        yield f"  {title}: {'the set does not tell' if counts is None else _ranges(counts)}"
    yield f"  blurred by: {'the set does not tell' if found.blurs is None else _listed(found.blurs)}"
    yield "  answers:"
    for name, answers in found.answers.items():
        yield f"    {name:<22} {found.types[name]:>8}: {_listed(answers)}"


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"


def _ranges(counts: Mapping[str, int]) -> str:
    """As `_listed`, with names that end in numbers kept apart from the counts."""
    return ", ".join(f"{name}: {count}" for name, count in counts.items()) or "none"
