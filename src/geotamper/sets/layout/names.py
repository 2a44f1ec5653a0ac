"""Names of the released layout: folds, folders and files."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Literal, get_args

Fold = Literal["train", "val", "test"]
FOLDS: tuple[Fold, ...] = get_args(Fold)
"""The folds; a question that stands in none of the three lists has no fold."""

Role = Literal["image", "source", "target", "background", "original", "segmentation"]
ROLES: tuple[Role, ...] = get_args(Role)
"""What a picture consists of; the name is that of the folder."""

MaskRole = Literal["source", "target", "background"]
MASK_ROLES: tuple[MaskRole, ...] = get_args(MaskRole)
"""The three masks that networks are trained on."""

REQUIRED_ROLES: tuple[Role, ...] = ("image", *MASK_ROLES)
"""What the authors' loaders read; sets without the other folders are complete."""

JSON_FOLDER = "JsonFiles"
BALANCED_FOLDER = "JsonFilesBalanced"
ANSWERS_FILE = "Answers.json"
IMAGES_FILES = ("All_Images.json", "All_images.json")
"""The first is written; the second is the spelling of the oldest sets and is read too."""
ALL_QUESTIONS_FILE = "All_Questions.json"
FOLD_FILES: Mapping[Fold, str] = MappingProxyType(
    {"train": "Train_Questions.json", "val": "Val_Questions.json", "test": "Test_Questions.json"}
)
SIDECAR_FILE = "geotamper.json"


def json_folder(root: Path, *, balanced: bool) -> Path:
    """The folder of the question files of the full or of the balanced set."""
    return root / (BALANCED_FOLDER if balanced else JSON_FOLDER)


def picture_path(root: Path, picture: int, role: Role) -> Path:
    """The file of one picture: a decimal number without padding."""
    return root / role / f"{picture}.png"
