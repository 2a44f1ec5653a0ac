"""Rules about what folds share: a picture, a group, a file, a look."""

from collections.abc import Mapping, Sequence

from geotamper.sets.checking.pictures import PictureEvidence
from geotamper.sets.checking.report import Collector, Rule
from geotamper.sets.fingerprints import alike_pairs
from geotamper.sets.layout.names import Fold, Role
from geotamper.sets.layout.sidecar import Sidecar

FoldsOf = Mapping[int, frozenset[Fold]]


def check_pictures_in_folds(folds: FoldsOf, sidecar: Sidecar | None, found: Collector) -> None:
    """Pictures whose questions stand in several folds, or not in the fold of their record."""
    for picture, names in sorted(folds.items()):
        if len(names) > 1:
            message = (
                f"the questions of picture {picture} stand in the folds {_listed(names)}; expected one fold"
            )
            found.fault("leakage-picture", message, picture=picture)
    if sidecar is None:
        return
    for record in sidecar.pictures:
        other = folds.get(record.id, frozenset()) - {record.fold}
        if other:
            message = (
                f"picture {record.id} belongs to fold {record.fold} and has questions in {_listed(other)}; "
                "move them to its fold"
            )
            found.error("leakage-picture", message, picture=record.id)


def check_groups(folds: FoldsOf, sidecar: Sidecar | None, found: Collector) -> None:
    """Groups of raw pictures that stand in several folds."""
    if sidecar is None:
        found.skip("leakage-group", "the set does not tell which pictures show the same ground", len(folds))
        return
    members: dict[str, dict[Fold, int]] = {}
    for record in sidecar.pictures:
        for fold in folds.get(record.id, frozenset()) | {record.fold}:
            members.setdefault(record.group, {}).setdefault(fold, record.id)
    for group, first in sorted(members.items()):
        if len(first) > 1:
            examples = ", ".join(f"{fold}: picture {picture}" for fold, picture in first.items())
            message = f"group '{group}' stands in several folds ({examples}); expected one fold per group"
            found.error("leakage-group", message, picture=min(first.values()))


def check_files_in_folds(evidence: Sequence[PictureEvidence], folds: FoldsOf, found: Collector) -> None:
    """The same file under two pictures of different folds: the picture itself, or the raw picture behind it."""
    roles: tuple[Role, ...] = ("image", "original")
    for role in roles:
        by_digest: dict[str, list[int]] = {}
        for entry in evidence:
            if role in entry.digests and folds.get(entry.id):
                by_digest.setdefault(entry.digests[role], []).append(entry.id)
        for pictures in by_digest.values():
            _report_shared("leakage-file", f"the file {role}/", pictures, folds, found)


def check_looks(evidence: Sequence[PictureEvidence], folds: FoldsOf, found: Collector) -> None:
    """Pictures of different folds that look alike."""
    marked = [(entry.id, entry.look) for entry in evidence if entry.look is not None and folds.get(entry.id)]
    numbers = [number for number, _ in marked]
    pairs = alike_pairs([look for _, look in marked])
    neighbours: dict[int, list[int]] = {}
    for first, second in pairs.tolist():
        neighbours.setdefault(numbers[first], [numbers[first]]).append(numbers[second])
    for pictures in neighbours.values():
        _report_shared("leakage-look", "the look of picture ", pictures, folds, found)


def _report_shared(rule: Rule, what: str, pictures: list[int], folds: FoldsOf, found: Collector) -> None:
    """One finding for a number of pictures that share something, if they stand in different folds."""
    first = pictures[0]
    others = [picture for picture in pictures[1:] if folds[picture] != folds[first]]
    if not others:
        return
    names = frozenset[Fold]().union(*(folds[picture] for picture in pictures))
    more = f" and {len(others) - 1} more" if len(others) > 1 else ""
    message = (
        f"{what}{first} ({_listed(folds[first])}) is that of picture {others[0]} "
        f"({_listed(folds[others[0]])}){more}; expected the folds {_listed(names)} to share nothing"
    )
    found.fault(rule, message, picture=first)


def _listed(names: frozenset[Fold]) -> str:
    return ", ".join(sorted(names))
