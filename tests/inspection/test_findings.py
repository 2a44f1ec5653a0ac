from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from geotamper.errors import SpecificationError
from geotamper.evidence.results import BlurEvidence, CopyEvidence, Evidence
from geotamper.inspection.findings import Findings, collect_findings, intersection_over_union

Mask = npt.NDArray[np.bool_]


def box(x: int, y: int, side: int = 10) -> Mask:
    mask = np.zeros((120, 160), dtype=np.bool_)
    mask[y : y + side, x : x + side] = True
    return mask


def test_collect_findings_numbers_in_falling_confidence(
    make_copy: Callable[..., CopyEvidence], make_blur: Callable[..., BlurEvidence]
) -> None:
    evidence = Evidence(
        copies=(
            make_copy(probability=0.7),
            make_copy(probability=0.95, source=box(80, 80), target=box(5, 5)),
        ),
        blurs=(make_blur(probability=0.8),),
    )
    found = collect_findings(evidence)
    assert [(item.id, item.kind, item.confidence) for item in found] == [
        (1, "copy-move", 0.95),
        (2, "blur", 0.8),
        (3, "copy-move", 0.7),
    ]


def test_collect_findings_groups_copies_of_one_source(make_copy: Callable[..., CopyEvidence]) -> None:
    evidence = Evidence(
        copies=(
            make_copy(probability=0.9, source=box(0, 0), target=box(40, 0)),
            make_copy(probability=0.8, source=box(0, 60), target=box(40, 60)),
            make_copy(probability=0.7, source=box(1, 1), target=box(100, 0)),
            make_copy(probability=0.6, source=box(130, 100), target=box(40, 60)),
        )
    )
    assert [item.group for item in collect_findings(evidence)] == [1, 2, 1, 2]


def test_collect_findings_merges_groups_that_turn_out_to_share_content(
    make_copy: Callable[..., CopyEvidence],
) -> None:
    evidence = Evidence(
        copies=(
            make_copy(probability=0.9, source=box(0, 0), target=box(40, 0)),
            make_copy(probability=0.8, source=box(0, 60), target=box(40, 60)),
            make_copy(probability=0.7, source=box(40, 0), target=box(0, 60)),
        )
    )
    assert [item.group for item in collect_findings(evidence)] == [1, 1, 1]


def test_blur_finding_has_one_region_and_no_direction(make_blur: Callable[..., BlurEvidence]) -> None:
    (item,) = collect_findings(Evidence(blurs=(make_blur(),)))
    assert item.source is item.target
    assert (item.transform, item.direction_confidence) == (None, None)
    assert (item.blur_method, item.blur_strength) == ("gaussian", 2.5)


def test_unions_cover_all_findings(
    judged: Callable[..., Findings], make_copy: Callable[..., CopyEvidence]
) -> None:
    findings = judged(
        copies=(
            make_copy(source=box(0, 0), target=box(40, 0)),
            make_copy(source=box(0, 60), target=box(40, 60)),
        )
    )
    assert np.array_equal(findings.source_union(), box(0, 0) | box(0, 60))
    assert np.array_equal(findings.target_union(), box(40, 0) | box(40, 60))


def test_unions_are_empty_without_findings(judged: Callable[..., Findings]) -> None:
    findings = judged(copies=())
    assert findings.source_union().shape == (120, 160)
    assert not findings.source_union().any()


def test_select_names_the_findings_there_are(judged: Callable[..., Findings]) -> None:
    findings = judged()
    assert findings.select(None) is findings.select(1) is findings.items[0]
    with pytest.raises(SpecificationError, match="no finding 4; it has 1;"):
        findings.select(4)


def test_intersection_over_union_of_shifted_boxes() -> None:
    assert intersection_over_union(box(0, 0), box(5, 0)) == pytest.approx(50 / 150)
    empty = np.zeros((120, 160), dtype=np.bool_)
    assert intersection_over_union(empty, empty) == 0
