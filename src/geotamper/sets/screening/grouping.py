"""Joining groups whose tiles look the same, so that near-duplicates stay in one fold."""

from collections.abc import Iterable

from geotamper.sets.layout.names import Fold


class GroupUnion:
    """Groups that are joined step by step (union-find); a joined group bears the name of its first member.

    Groups that are bound to different folds are not joined.

    Args:
        groups: Name and fold of each group, in a fixed order; later repetitions do not count.
    """

    def __init__(self, groups: Iterable[tuple[str, Fold | None]]) -> None:
        self._parent: dict[str, str] = {}
        self._rank: dict[str, int] = {}
        self._fold: dict[str, Fold | None] = {}
        for name, fold in groups:
            if name not in self._parent:
                self._parent[name] = name
                self._rank[name] = len(self._rank)
                self._fold[name] = fold

    def name_of(self, group: str) -> str:
        """Name of the joined group that a group is part of."""
        root = group
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[group] != root:
            self._parent[group], group = root, self._parent[group]
        return root

    def join(self, first: str, second: str) -> bool:
        """Join two groups; False where they are bound to different folds and stay apart."""
        one, two = sorted((self.name_of(first), self.name_of(second)), key=self._rank.__getitem__)
        folds = {self._fold[one], self._fold[two]} - {None}
        if len(folds) > 1:
            return False
        self._parent[two] = one
        self._fold[one] = next(iter(folds), None)
        return True
