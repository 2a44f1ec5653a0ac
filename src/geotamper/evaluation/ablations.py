"""The ablations of CMFPF as settings of a training, with the figures that the paper publishes for them.

A row is trained by `geotamper train cmfpf --preset P --set ...` with its settings, so that a benchmark can walk through
a table. The published figures are of the authors' own sets, see `geotamper.evaluation.published`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Literal

TableName = Literal["III", "IV", "V", "VI", "VII", "figure 9"]


@dataclass(frozen=True)
class PublishedAccuracy:
    """Overall and average accuracy of a row on one set, fractions."""

    overall: float
    average: float


@dataclass(frozen=True)
class AblationRow:
    """One row of a table.

    Attributes:
        name: As the table has it.
        settings: Changes of the preset, `key=value`; of the network and of the training.
        published: By set; empty where the paper only draws a curve.
        presets: Presets in which the settings mean what the row says. The heads of Table III name the towers of
            `paper`; the small presets have others.
    """

    name: str
    settings: tuple[str, ...] = ()
    published: Mapping[str, PublishedAccuracy] = field(default_factory=dict)
    presets: tuple[str, ...] = ("paper", "compact", "tiny")


_SWIN = "mask_network.kind=swin"
_RESNET = (
    "towers.resolution=256",
    "towers.image.kind=resnet",
)  # 8 x 8 places of 2048 channels (cmfpf.md, section 9)
_LSTM = "towers.text.kind=lstm"

_SETTINGS: Mapping[TableName, Mapping[str, tuple[str, ...]]] = {
    "III": {
        "Swin, Res-152, LSTM": (_SWIN, *_RESNET, _LSTM),
        "Swin, Res-152, BERT": (_SWIN, *_RESNET),
        "Swin, ViT-B, BERT": (_SWIN,),
        "U-Net, Res-152, LSTM": (*_RESNET, _LSTM),
        "U-Net, Res-152, BERT": _RESNET,
        "U-Net, ViT-B, BERT": (),
    },
    "IV": {
        "CrossAttention": ("text_prompt=cross_attention",),
        "Co-Attention": ("text_prompt=co_attention",),
        "Q-Former": ("text_prompt=q_former",),
        "AAUE": ("text_prompt=aaue",),
        "OGA": ("text_prompt=oga",),
        "SF": ("text_prompt=sf",),
        "STF": ("text_prompt=stf",),
        "STMA": ("text_prompt=stma",),
    },
    "V": {
        "post-fusion": ("visual_prompt=post_fusion",),
        "pre-fusion": ("visual_prompt=sum3",),
    },
    "VI": {
        "no prompts": ("visual_prompt=none", "text_prompt=none"),
        "visual prompt": ("text_prompt=none",),
        "text prompt": ("visual_prompt=none",),
        "both prompts": (),
    },
    "VII": {
        "MAE": ("mask_loss=mae",),
        "MAE + RMSE": ("mask_loss=both",),
        "RMSE": ("mask_loss=rmse",),
    },
    "figure 9": {f"alpha {tenths / 10:.1f}": (f"alpha={tenths / 10:.1f}",) for tenths in range(1, 10)},
}


@cache
def _published() -> Mapping[tuple[str, str], Mapping[str, PublishedAccuracy]]:
    """Accuracies by table and row, then by set."""
    text = files("geotamper.evaluation").joinpath("published_ablations.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], dict[str, PublishedAccuracy]] = {}
    for row in csv.DictReader(text.splitlines()):
        accuracy = PublishedAccuracy(float(row["OA"]) / 100, float(row["AA"]) / 100)
        found.setdefault((row["table"], row["row"]), {})[row["set"]] = accuracy
    return found


def _rows(table: TableName) -> tuple[AblationRow, ...]:
    presets = ("paper",) if table == "III" else ("paper", "compact", "tiny")
    return tuple(
        AblationRow(name, settings, _published().get((table, name), {}), presets)
        for name, settings in _SETTINGS[table].items()
    )


ABLATIONS: Mapping[TableName, tuple[AblationRow, ...]] = {table: _rows(table) for table in _SETTINGS}
"""The rows of every table in the order of the paper; each table ends with the full method, but for figure 9."""
