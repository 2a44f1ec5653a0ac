"""Networks as detectors: what the network says reaches report and answers unchanged."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import geotamper
from geotamper.control import Control
from geotamper.detection.classes import AnswerClasses, Logits
from geotamper.detection.network_detector import NetworkDetector
from geotamper.detection.opening import is_network, open_detector
from geotamper.detection.predictor import Masks, NetworkCard, Seen, cut_masks
from geotamper.errors import InputError, SpecificationError
from geotamper.imagery.picture import Picture, Pixels
from geotamper.inspection.questions import read_question
from geotamper.inspection.report import WeightsInfo
from geotamper.sets.layout import AnswerVocabulary
from geotamper.task.catalogue import QUESTION_TYPES, QuestionSet
from geotamper.task.wording import question_text

WriteRun = Callable[..., Path]


class ToldPredictor:
    """A network that gives the answers it is told: a large logit for each, and masks."""

    device = "cpu"

    def __init__(self, question_set: QuestionSet, masks: Masks | None, **answers: str) -> None:
        vocabulary = AnswerVocabulary.standard(question_set)
        self.classes = AnswerClasses.of(vocabulary)
        self.told = answers
        self.asked: list[str] = []
        self.calls = 0
        self.masks = masks
        self.card = NetworkCard(
            name="told",
            source="runs/told",
            vocabulary=vocabulary,
            wordings={
                (name, option): f"{name}|{option}"
                for name in self.classes.by_type
                for option in QUESTION_TYPES[name].options or (None,)
            },
            size=4,
            weights=WeightsInfo(name="told", sha256="0", licence="none"),
            mean=(0.0, 0.0, 0.0),
            std=(1.0, 1.0, 1.0),
        )

    def see(self, pixels: Pixels) -> Seen:
        return Seen(self.masks, pixels.shape)

    def answer(self, seen: Seen, texts: Sequence[str]) -> Logits:
        del seen
        self.asked += texts
        self.calls += 1
        logits = np.zeros((len(texts), self.card.vocabulary.class_count), np.float32)
        for row, text in enumerate(texts):
            for name, answers in self.classes.by_type.items():
                if text.startswith(f"{name}|") and name in self.told:
                    logits[row, answers[self.told[name]]] = 2.0
        return logits


def halves() -> Masks:
    """Source in the left column, target in the right one; half inside at the border of the cut."""
    masks = np.zeros((3, 4, 4), np.float32)
    masks[0, :, 0] = 255.0
    masks[1, :, 3] = 400.0
    return masks


def picture() -> Picture:
    return Picture.from_array(np.zeros((4, 4, 3), np.uint8))


def test_masks_are_cut_in_the_frame_of_the_picture() -> None:
    source, target = cut_masks(halves(), (8, 12))
    assert source.shape == target.shape == (8, 12)
    assert source[:, 0].all()
    assert not source[:, 4:].any()
    assert target[:, -1].all()
    exact = np.full((3, 4, 4), 127.5, np.float32)
    assert not cut_masks(exact, (4, 4))[0].any()


def test_verdict_class_and_regions_are_the_networks_own() -> None:
    told = ToldPredictor("rs-tqa", halves(), tampered="Yes", kind="Copy-Move", object="Ship")
    found = NetworkDetector(told).detect(picture(), Control())
    share = np.exp(2) / (np.exp(2) + 1)
    assert found.tampered is True
    assert found.score == found.confidence == pytest.approx(share)
    (item,) = found.items
    assert (item.kind, item.transform, item.direction_confidence) == ("copy-move", None, None)
    assert item.source[:, 0].all()
    assert item.target[:, 3].all()
    assert item.object_class is not None
    assert item.object_class.label == "Ship"
    assert item.object_class.confidence == pytest.approx(np.exp(2) / (np.exp(2) + 6))


def test_blur_needs_a_vocabulary_with_kinds() -> None:
    blurred = NetworkDetector(ToldPredictor("rs-tqa", halves(), tampered="Yes", kind="Blur"))
    (item,) = blurred.detect(picture(), Control()).items
    assert item.kind == "blur"
    assert np.array_equal(item.source, item.target)
    copied = NetworkDetector(ToldPredictor("rs-cmqa", halves(), tampered="Yes"))
    assert copied.detect(picture(), Control()).items[0].kind == "copy-move"


@pytest.mark.parametrize("masks", [None, np.zeros((3, 4, 4), np.float32)])
def test_tampered_picture_without_masks_has_no_finding_but_answers(masks: Masks | None) -> None:
    detector = NetworkDetector(ToldPredictor("rs-cmqa", masks, tampered="Yes", area="One to Five Percent"))
    report = geotamper.inspect(np.zeros((4, 4, 3), np.uint8), detector=detector)
    assert (report.verdict.tampered, report.verdict.kind, report.findings) == (True, "copy-move", ())
    answers = {answer.type: answer.answer for answer in report.answers}
    assert answers["area"] == "One to Five Percent"
    assert answers["rotated"] in ("Yes", "No")


def test_untouched_picture_has_no_findings_whatever_the_masks() -> None:
    detector = NetworkDetector(ToldPredictor("rs-cmqa", halves(), tampered="No"))
    report = geotamper.inspect(np.zeros((4, 4, 3), np.uint8), detector=detector)
    assert (report.verdict.tampered, report.verdict.kind, report.findings) == (False, "none", ())
    assert [answer.answer for answer in report.answers] == ["No"]
    assert report.ask("Where is the source?").answer == "not applicable"


def test_free_text_becomes_the_wording_of_the_training() -> None:
    told = ToldPredictor("rs-cmqa", halves(), tampered="Yes", size_change_check="Yes")
    detector = NetworkDetector(told)
    found = detector.detect(picture(), Control())
    (answer,) = detector.answers(found, [read_question("is the fake ship bigger than the real one")])
    assert told.asked[-1] == "size_change_check|Bigger"
    assert (answer.answer, answer.finding) == ("Yes", 1)
    assert "size_change_check|Bigger" in answer.basis
    (refused,) = detector.answers(found, [read_question("Who did it?")])
    assert (refused.type, refused.answer) == (None, "not answerable")


def test_questions_are_asked_together_and_once_per_picture() -> None:
    told = ToldPredictor("rs-cmqa", halves(), tampered="Yes")
    detector = NetworkDetector(told)
    shown = picture()
    found = detector.detect(shown, Control())
    assert told.calls == 1
    questions = [
        read_question(text) for text in ("Was anything copied?", "Was the copy rotated?", "How big?")
    ]
    answers = detector.answers(found, questions)
    assert (told.calls, len(told.asked)) == (2, len(set(told.asked)))
    assert detector.answers(found, questions) == answers
    assert told.calls == 2
    detector.detect(picture(), Control())
    assert told.calls == 3


def test_question_without_a_wording_is_not_guessed() -> None:
    told = ToldPredictor("rs-cmqa", halves(), tampered="Yes")
    wordings = {key: text for key, text in told.card.wordings.items() if key[0] != "rotated"}
    told.card = replace(told.card, wordings=wordings)
    detector = NetworkDetector(told)
    found = detector.detect(picture(), Control())
    (answer,) = detector.answers(found, [read_question("Was the copy rotated?")])
    assert (answer.answer, answer.confidence) == ("undecided", 0)
    with pytest.raises(SpecificationError, match="no finding 7"):
        detector.answers(found, [], finding=7)


@pytest.mark.parametrize("model", ["cmfpf", "cm_moe"])
def test_run_folder_is_a_detector(write_run: WriteRun, model: str) -> None:
    run = write_run(model)
    assert is_network(str(run))
    pixels = np.random.default_rng(0).integers(0, 256, (48, 40, 3), dtype=np.uint8)
    report = geotamper.inspect(pixels, questions=["Was anything copied?"], detector=str(run))
    assert report.run.detector == str(run)
    assert report.answers[0].answer in ("Yes", "No")
    assert 0.5 <= report.answers[0].confidence <= 1
    again = geotamper.inspect(pixels, questions=["Was anything copied?"], detector=str(run))
    assert again.verdict == report.verdict


def test_weights_in_a_run_folder_are_a_detector(write_run: WriteRun) -> None:
    run = write_run()
    other = write_run(seed=1)
    (run / "last.safetensors").write_bytes((other / "best.safetensors").read_bytes())
    scores = {
        path: open_detector(str(path)).detect(picture(), Control()).score
        for path in (run, run / "best.safetensors", run / "last.safetensors", other)
    }
    assert scores[run] == scores[run / "best.safetensors"] != scores[other]
    assert scores[run / "last.safetensors"] == scores[other]


def test_texts_asked_together_or_alone_are_answered_alike(write_run: WriteRun) -> None:
    detector = open_detector(str(write_run()))
    assert isinstance(detector, NetworkDetector)
    predictor = detector.predictor
    seen = predictor.see(np.zeros((32, 32, 3), np.uint8))
    texts = [
        question_text("tampered"),
        question_text("area_check", "One to Five Percent"),
        question_text("kind"),
    ]
    together = predictor.answer(seen, [*texts, texts[0]])
    alone = np.concatenate([predictor.answer(seen, [text]) for text in texts])
    np.testing.assert_allclose(together[:3], alone, atol=1e-5)
    np.testing.assert_array_equal(together[0], together[3])


def test_checkpoint_folder_is_a_detector(write_run: WriteRun, tmp_path: Path) -> None:
    from geotamper.learning.run.opening import load_network, open_run
    from geotamper.models.importing import save_network
    from geotamper.models.registry import model_entry

    loaded = load_network(open_run(write_run()))
    folder = tmp_path / "checkpoint"
    entry = model_entry("cmfpf")
    config = entry.config_class.from_values(loaded.run.document.network)
    save_network(loaded.network, "cmfpf", config, 53, folder)
    with pytest.raises(InputError, match=r"tokenizer\.json"):
        open_detector(str(folder))
    (folder / "tokenizer.json").write_text(loaded.tokenizer.to_json())
    report = geotamper.inspect(np.zeros((32, 32, 3), np.uint8), detector=str(folder))
    assert report.run.weights[0].name == "cmfpf model.safetensors"
    answers = {"answers": [{"type": 1, "answer": {"Yes": 0, "No": 1}}]}
    (folder / "Answers.json").write_text(json.dumps(answers))
    with pytest.raises(InputError, match="has 2 answers, the checkpoint 53"):
        open_detector(str(folder))


def test_folder_without_a_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no trained network"):
        open_detector(str(tmp_path))
    with pytest.raises(SpecificationError, match=r"unknown detector.*run folder"):
        open_detector(str(tmp_path / "missing"))
    damaged = tmp_path / "damaged.onnx"
    damaged.write_bytes(b"no graph")
    with pytest.raises(InputError, match="no usable ONNX file"):
        open_detector(str(damaged))
