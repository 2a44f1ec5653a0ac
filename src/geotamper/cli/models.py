"""`geotamper models`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli import options
from geotamper.cli.columns import aligned
from geotamper.cli.failures import one_line_failures
from geotamper.cli.judging import is_judge, judge_options, judges_table

if TYPE_CHECKING:
    from geotamper.models.config import NetworkConfig

EPILOG = """\b
Examples:
  geotamper models
  geotamper models cmfpf --preset compact
  geotamper models cm_moe --preset compact --set router.gate=shazeer > cm_moe.yaml
  geotamper models object-class
"""


def models(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="Print every setting of this network or judge.")
    ] = None,
    *,
    preset: Annotated[
        str, typer.Option("--preset", metavar="P", help="Settings to print: paper, compact or tiny.")
    ] = "paper",
    changes: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Change a setting; may be repeated."),
    ] = None,
    answers: Annotated[
        int, typer.Option("--answers", metavar="N", min=1, help="Answers for which parameters are counted.")
    ] = 51,
    debug: options.Debug = False,
) -> None:
    """List detectors, networks with their parameters in each preset, and the judges of the inspector.

    Detectors without training are named in --detector and --models as they are listed; a network is, once trained,
    by its run folder.

    With a name, print its settings: of a network as YAML, of a judge as --set of geotamper train takes them.
    """
    with one_line_failures(debug=debug):
        if name is not None and is_judge(name, None):
            typer.echo(judge_options(name))
            return
        from geotamper.cli.networks import require_torch
        from geotamper.errors import SpecificationError

        if name is None:
            typer.echo(f"{_detectors()}\n\n{judges_table()}\n")
            require_torch()
            typer.echo(_networks(answers))
            return
        require_torch()
        from geotamper import models as registry

        try:
            config = registry.preset(name, preset).with_settings(changes or ())
        except SpecificationError as error:
            raise typer.BadParameter(str(error)) from error
        typer.echo(config.to_yaml(), nl=False)


def _detectors() -> str:
    from geotamper.classical.names import METHOD_TITLES

    inspector = ("inspector", "geometry of the pixels and small networks; the default")
    return aligned([("detector", "works by"), inspector, *METHOD_TITLES.items()])


def _networks(answers: int) -> str:
    from geotamper.models import MODELS

    rows: list[Sequence[str]] = [("network", "title", "paper", "compact", "tiny", "source")]
    for name, entry in MODELS.items():
        counts = [
            f"{_parameters(name, entry.presets[size], answers):,}" for size in ("paper", "compact", "tiny")
        ]
        rows.append((name, entry.title, counts[0], counts[1], counts[2], entry.citation))
    return f"{aligned(rows)}\nNumbers are parameters with {answers} answers, without what is never used."


def _parameters(name: str, config: "NetworkConfig", answers: int) -> int:
    """Count parameters without making them."""
    import torch

    from geotamper.models import MODELS

    with torch.device("meta"):
        network = MODELS[name].build(config.without_weights(), answers)
    return sum(parameter.numel() for parameter in network.parameters())


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(models)
