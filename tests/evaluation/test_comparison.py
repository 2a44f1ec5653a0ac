"""Tables with the published figures, confusion matrices and the radar chart."""

import csv
import io
from pathlib import Path

import pytest
from PIL import Image

from geotamper.errors import SpecificationError
from geotamper.evaluation import EvaluationOptions, MetricsDocument, evaluate_set
from geotamper.evaluation.comparison import compare
from geotamper.evaluation.confusion import OTHER, confusions, draw_confusions
from geotamper.evaluation.document import TypeEntry, WithinTypeEntry
from geotamper.evaluation.examinee import answer_of_other_type
from geotamper.evaluation.outcomes import GivenAnswer, PictureOutcome
from geotamper.evaluation.published import figures_of, published_figures, published_set
from geotamper.evaluation.radar import draw_radar
from geotamper.evaluation.scoring import Subject, score


@pytest.fixture
def document(known_set: Path) -> MetricsDocument:
    return evaluate_set(known_set, EvaluationOptions(detector="question-floor")).document


def outcome(*answers: tuple[str, str, str]) -> PictureOutcome:
    """A picture whose questions for the area are (expected, given, most probable within the type)."""
    return PictureOutcome(
        picture=1,
        group="g",
        digest="d",
        kind="copy-move",
        tampered=True,
        verdict=True,
        score=0.9,
        answers=tuple(
            GivenAnswer(id=number, type="area", expected=expected, given=given, forced=False, within=within)
            for number, (expected, given, within) in enumerate(answers)
        ),
        localisation=None,
        transform=None,
        seconds=0.1,
        device="cpu",
        gaps={},
    )


def test_published_average_is_the_mean_of_the_types() -> None:
    for (name, model), figures in published_figures().items():
        types = [value for measure, value in figures.items() if measure not in ("OA", "AA")]
        assert len(types) == (15 if "TQA" in name else 14)
        assert figures["AA"] == pytest.approx(sum(types) / len(types), abs=4e-4), (name, model)


def test_published_figures_of_an_unknown_network_are_refused() -> None:
    assert figures_of("RS-CMQA")["OA"] == pytest.approx(0.9389)
    with pytest.raises(SpecificationError, match=r"CMFPF.*RS-TQA-B"):
        figures_of("RS-CMQA", "XYZ")


def test_published_set_follows_the_questions(document: MetricsDocument) -> None:
    assert published_set(document) == "RS-TQA"
    assert published_set(document.model_copy(update={"balanced": True})) == "RS-TQA-B"
    without_kind = {name: entry for name, entry in document.per_type.items() if name != "kind"}
    copies = document.model_copy(update={"per_type": without_kind, "data": "my-Real-set"})
    assert published_set(copies) == "Real-RSCM"
    assert published_set(copies.model_copy(update={"data": "mine"})) == "RS-CMQA"


def test_comparison_has_a_column_per_way_of_answering(document: MetricsDocument) -> None:
    within = WithinTypeEntry(OA=0.5, AA=0.25, per_type={"tampered": TypeEntry(accuracy=0.75, asked=8)})
    network = document.model_copy(update={"model": "net", "within_type": within})
    table = compare([document, network])
    assert table.columns == (
        "question-floor",
        "net",
        "net, within type",
        "CMFPF as published on RS-TQA",
    )
    rows = list(csv.DictReader(io.StringIO(table.csv())))
    assert rows[0]["net, within type"] == "0.75"
    assert rows[1]["net, within type"] == ""
    assert float(rows[-1]["net, within type"]) == 0.25
    assert float(rows[-2]["CMFPF as published on RS-TQA"]) == pytest.approx(0.9455)
    assert float(rows[-2]["question-floor"]) == document.OA
    assert "| OA |  |" in table.markdown()
    assert r"object\_check & basic &" in table.latex()
    assert table.latex().count(r"\\") == 1 + len(rows)


def test_comparison_refuses_different_questions(document: MetricsDocument) -> None:
    with pytest.raises(SpecificationError, match="different questions"):
        compare([document, document.model_copy(update={"split": "val"})])


def test_second_column_counts_the_answers_within_the_type() -> None:
    low, middle, high = "Less than One Percent", "One to Five Percent", "More than Five Percent"
    other = answer_of_other_type("tampered", "Yes")
    scored = score(
        Subject("net", "set", "test", balanced=False, degrade="none", questions_digest="q"),
        [outcome((low, other, low), (middle, middle, middle), (high, low, low), (low, low, low))],
    )
    assert (scored.OA, scored.outside_type) == (0.5, 0.25)
    assert scored.within_type is not None
    assert scored.within_type.OA == scored.within_type.AA == 0.75
    assert scored.within_type.per_type["area"] == TypeEntry(accuracy=0.75, asked=4)
    assert scored.latency is not None
    assert scored.latency.median == 0.1


def test_confusion_counts_every_pair_and_other_types(tmp_path: Path) -> None:
    low, high = "Less than One Percent", "More than Five Percent"
    other = answer_of_other_type("tampered", "Yes")
    found = confusions([outcome((low, other, low), (high, low, low), (low, low, low))])
    matrix = found["area"]
    assert matrix.given[-1] == OTHER
    assert matrix.counts.tolist() == [[1, 0, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]
    assert matrix.csv().splitlines()[0].endswith(",other type")
    draw_confusions(tmp_path / "confusion.png", found)
    with Image.open(tmp_path / "confusion.png") as picture:
        assert picture.width > 100


def test_radar_is_drawn(document: MetricsDocument, tmp_path: Path) -> None:
    draw_radar(tmp_path / "radar.png", compare([document]))
    with Image.open(tmp_path / "radar.png") as picture:
        assert len(set(picture.convert("L").tobytes())) > 10
