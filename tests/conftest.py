"""A forged picture with known evidence, shared by the tests of inspection, reports and commands.

Tests by hypothesis have no deadline: how long an example takes says more about the machine than about the code.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image

from geotamper.control import Control
from geotamper.evidence.results import BlurEvidence, CopyEvidence, Evidence
from geotamper.evidence.settings import EvidenceSettings
from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.forge.forgery import Forgery
from geotamper.imagery.picture import Picture, Pixels
from geotamper.inspection.detector import DETECTORS, Detector
from geotamper.inspection.findings import Findings
from geotamper.inspection.inspector import Inspector
from geotamper.inspection.verdict import judge

settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

MakeCopy = Callable[..., CopyEvidence]
MakeBlur = Callable[..., BlurEvidence]
Judge = Callable[..., Findings]


@pytest.fixture(scope="session")
def shared_folder() -> Path:
    """The shared development data; skips where they are missing."""
    root = Path(__file__).parents[1]
    folder = Path(os.environ.get("GEOTAMPER_SHARED", str(root.parent / "shared"))).resolve()
    if not folder.is_dir():
        pytest.skip(f"no shared data at {folder}; set GEOTAMPER_SHARED")
    return folder


@pytest.fixture(scope="session")
def shared(shared_folder: Path) -> Path:
    """The shared development imagery; skips where it is missing."""
    folder = shared_folder / "data"
    if not folder.is_dir():
        pytest.skip(f"no shared imagery at {folder}; set GEOTAMPER_SHARED")
    return folder


@pytest.fixture(scope="session")
def forgery() -> Forgery:
    """Noise of 160 x 120 pixels: a disc at (40, 90) is turned by 30 degrees, enlarged, put at (125, 25)."""
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (120, 160, 3), dtype=np.uint8)
    rows, columns = np.mgrid[:120, :160]
    source = (columns + 0.5 - 40) ** 2 + (rows + 0.5 - 90) ** 2 < 14**2
    parameters = CopyMoveParameters(rotation_deg=30, scale=1.2, placement=(125.0, 25.0))
    return copy_move(pixels, source, parameters, rng=rng)


@pytest.fixture
def make_copy(forgery: Forgery) -> MakeCopy:
    """Builds the evidence of the forgery, with changes."""
    assert forgery.transform is not None
    plain = CopyEvidence(
        source=forgery.source_mask,
        target=forgery.target_mask,
        transform=forgery.transform,
        rotation_sigma=0.01,
        scale_sigma=0.0005,
        probability=0.98,
        direction_probability=0.95,
        direction_basis="direction from resampling residuals",
    )

    def make(**changes: Any) -> CopyEvidence:
        return replace(plain, **changes)

    return make


@pytest.fixture
def make_blur(forgery: Forgery) -> MakeBlur:
    """Builds evidence that the source region was blurred instead, with changes."""
    plain = BlurEvidence(forgery.source_mask, "gaussian", 2.5, probability=0.9, method_probability=0.8)

    def make(**changes: Any) -> BlurEvidence:
        return replace(plain, **changes)

    return make


@pytest.fixture
def picture(forgery: Forgery) -> Picture:
    """The forged picture."""
    return Picture.from_array(forgery.pixels)


@pytest.fixture
def judged(picture: Picture, make_copy: MakeCopy) -> Judge:
    """Judges evidence on the forged picture; without any argument that of the forgery."""

    def run(**evidence: Any) -> Findings:
        return judge(picture, Evidence(**(evidence or {"copies": (make_copy(),)})))

    return run


@pytest.fixture
def known_search(forgery: Forgery, make_copy: MakeCopy) -> Iterator[None]:
    """Let the detector 'inspector' know the forged picture by heart and find nothing in any other."""

    def search(pixels: Pixels, *, settings: EvidenceSettings, control: Control) -> Evidence:
        del settings
        control.checkpoint(0.5, "remembering")
        return Evidence(copies=(make_copy(),) if np.array_equal(pixels, forgery.pixels) else ())

    def build(false_alarm_rate: float, workers: int, weights: str) -> Detector:
        del weights
        return Inspector(EvidenceSettings(false_alarm_rate=false_alarm_rate, workers=workers), search=search)

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(DETECTORS, "inspector", build)
        yield


@pytest.fixture
def forged_png(forgery: Forgery, tmp_path: Path) -> Path:
    """The forged picture as a file `forged.png`."""
    path = tmp_path / "forged.png"
    Image.fromarray(forgery.pixels).save(path)
    return path


@pytest.fixture
def clean_png(forgery: Forgery, tmp_path: Path) -> Path:
    """The picture before the forgery as a file `clean.png`."""
    path = tmp_path / "clean.png"
    Image.fromarray(forgery.original).save(path)
    return path


WriteRun = Callable[..., Path]


@pytest.fixture
def write_run(tmp_path: Path) -> WriteRun:
    """Writes a run folder of a tiny network with random weights, which knows the project's own wordings."""
    import torch
    from safetensors.torch import save_file

    from geotamper.learning.blueprint import Blueprint
    from geotamper.learning.data.preparation import DEVIATION, MEAN
    from geotamper.learning.run.document import Normalisation, RunDocument, TextEncoding, wordings
    from geotamper.learning.settings import PRESETS
    from geotamper.models import preset
    from geotamper.sets.layout import AnswerVocabulary, type_number
    from geotamper.task.catalogue import QUESTION_TYPES, QuestionSet
    from geotamper.task.wording import question_text

    torch.set_num_threads(1)

    def texts(question_set: QuestionSet) -> list[tuple[str, int]]:
        numbers = {name: type_number(name, question_set) for name in QUESTION_TYPES}
        return [
            (question_text(name, option), number)
            for name, number in numbers.items()
            if number is not None
            for option in QUESTION_TYPES[name].options or (None,)
        ]

    def write(
        model: str = "cmfpf",
        question_set: QuestionSet = "rs-tqa",
        seed: int = 0,
        changes: Sequence[str] = (),
    ) -> Path:
        folder = tmp_path / f"{model}-{question_set}-{seed}"
        folder.mkdir()
        asked = texts(question_set)
        blueprint = Blueprint(model, "tiny", preset(model, "tiny").with_settings(changes))
        vocabulary = AnswerVocabulary.standard(question_set)
        torch.manual_seed(seed)
        network = blueprint.build(vocabulary.class_count)
        document = RunDocument(
            model=model,
            preset="tiny",
            network=blueprint.config.model_dump(),
            training=PRESETS["tiny"],
            question_set=question_set,
            vocabulary=tuple(dict(answers) for answers in vocabulary.indices),
            questions=wordings(asked, vocabulary),
            text=TextEncoding(tower=blueprint.config.towers.text.kind, length=30),
            picture_size=blueprint.picture_size,
            normalisation=Normalisation(mean=MEAN, std=DEVIATION),
            mask_scale=blueprint.mask_scale,
            classes=vocabulary.class_count,
            version="0",
            data="set",
            data_sha256="0",
            seed=seed,
            parameters=0,
        )
        (folder / "run.json").write_text(document.to_json())
        (folder / "tokenizer.json").write_text(blueprint.tokenizer([text for text, _ in asked]).to_json())
        save_file(network.state_dict(), folder / "best.safetensors")
        return folder

    return write
