"""A set of drawn copies with records of what was done, and labelled imagery that is drawn too."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from geotamper.forge.copy_move import CopyMoveParameters, copy_move
from geotamper.scenes import draw_scene
from geotamper.sets.layout import (
    AnswerVocabulary,
    Fold,
    PictureArrays,
    SetLists,
    SetPicture,
    Sidecar,
    TableBuilder,
    open_set,
    write_lists,
    write_picture,
    write_sidecar,
)
from geotamper.sets.truth import PictureOrigin, forged_record

SIDE = 128
FOLDS: tuple[Fold, ...] = ("train",) * 8 + ("val",) * 3


@pytest.fixture(scope="session")
def copies_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copies of discs on drawn ground: eight in train, three in val; two collections, none restricted."""
    root = tmp_path_factory.mktemp("sets") / "copies"
    ground = draw_scene(kind="suburb", size=512, seed=3).pixels
    records, pictures = [], []
    for number, fold in enumerate(FOLDS, start=1):
        rng = np.random.default_rng(number)
        y, x = (int(value) for value in rng.integers(0, 512 - SIDE, 2))
        pixels = np.ascontiguousarray(ground[y : y + SIDE, x : x + SIDE])
        rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
        disc = (columns - 36) ** 2 + (rows - 40) ** 2 < 15**2
        parameters = CopyMoveParameters(rotation_deg=20.0 * number, placement=(88.0, 84.0))
        forgery = replace(copy_move(pixels, disc, parameters, rng=rng), object_class="Building")
        origin = PictureOrigin(
            id=number,
            fold=fold,
            group=f"group {number}",
            origin_dataset="one" if number % 2 else "two",
            origin=str(number),
        )
        records.append(forged_record(forgery, origin, instance=1).model_copy(update={"restricted": False}))
        empty = np.zeros_like(disc)
        arrays = PictureArrays(
            image=forgery.pixels,
            original=pixels,
            source=forgery.source_mask,
            target=forgery.target_mask,
            background=empty,
        )
        write_picture(root, number, arrays)
        pictures.append(SetPicture(number, (), origin_dataset=origin.origin_dataset))
    write_lists(root, SetLists(TableBuilder().build(), pictures, AnswerVocabulary.standard("rs-cmqa")))
    sidecar = Sidecar(
        name="copies", question_set="rs-cmqa", seed=1, size=(SIDE, SIDE), pictures=tuple(records)
    )
    write_sidecar(root / "geotamper.json", sidecar)
    assert len(open_set(root).records) == len(FOLDS)
    return root


@pytest.fixture(scope="session")
def imagery(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two drawn scenes for reader 'masks' with a manifest: one tile in fold train, a small one in fold val."""
    root = tmp_path_factory.mktemp("imagery")
    lines = ["path,source,group,fold,restricted"]
    for name, fold, size, restricted in (("one", "train", 512, "no"), ("small", "val", 256, "yes")):
        folder = root / f"collection-{name}"
        scene = draw_scene(kind="harbour", size=512, seed=8)
        part = slice(0, size)
        files = {
            "images": scene.pixels[part, part],
            "masks": scene.labels[part, part].astype(np.uint8),
            "instances": scene.instances[part, part].astype(np.uint16),
        }
        for kind, values in files.items():
            (folder / kind).mkdir(parents=True)
            Image.fromarray(np.ascontiguousarray(values)).save(folder / kind / f"{name}.png")
        lines.append(f"collection-{name}/images/{name}.png,{name},group {name},{fold},{restricted}")
    (root / "manifest.csv").write_text("\n".join(lines) + "\n")
    return root
