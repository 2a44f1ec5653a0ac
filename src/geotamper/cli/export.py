"""`geotamper export`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

if TYPE_CHECKING:
    from geotamper.detection.exporting import Part

EPILOG = """\b
Examples:
  geotamper export runs/cmfpf cmfpf.onnx
  geotamper inspect scene.png --detector cmfpf.onnx
  geotamper export runs/cmfpf masks.onnx --part masks --resolution 30
"""


def export(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="Run folder or checkpoint folder.")],
    out: Annotated[Path, typer.Argument(metavar="OUT.onnx", help="File to write.")],
    *,
    part: Annotated[
        str,
        typer.Option(
            "--part",
            metavar="PART",
            help="answers: the whole network; masks: the mask network alone, for the QGIS plugin Deepness.",
        ),
    ] = "answers",
    resolution: Annotated[
        float | None,
        typer.Option(
            "--resolution",
            metavar="CM",
            min=0.01,
            help="With --part masks: ground size of a training pixel in centimetres, to which Deepness resamples.",
        ),
    ] = None,
    tolerance: Annotated[
        float, typer.Option("--tolerance", metavar="X", min=0, help="Largest difference from PyTorch.")
    ] = 1e-3,
    debug: options.Debug = False,
) -> None:
    """Write a trained network as an ONNX file and check it against PyTorch.

    Pictures, texts and questions may be of any number. The file holds classes, wordings, tokenizer and
    normalisation. Fails, and writes nothing, where the outputs differ by more than the tolerance.
    """
    with one_line_failures(debug=debug):
        chosen = _part(part)
        if out.suffix.lower() != ".onnx":
            raise typer.BadParameter(f"'{out}' must end in .onnx", param_hint="OUT.onnx")
        if resolution is not None and chosen != "masks":
            raise typer.BadParameter("it goes with --part masks", param_hint="--resolution")
        from geotamper.detection.exporting import export_network
        from geotamper.detection.opening import open_network
        from geotamper.detection.torch_predictor import TorchPredictor

        predictor = open_network(run).predictor
        if not isinstance(predictor, TorchPredictor):
            raise typer.BadParameter(
                f"'{run}' is an ONNX file already; give the run folder", param_hint="RUN"
            )
        report = export_network(predictor, out, part=chosen, tolerance=tolerance, resolution_cm=resolution)
        for name, difference in report.differences.items():
            typer.echo(
                f"largest difference of {name} from PyTorch: {difference:.2e} (accepted: {tolerance:g})"
            )
        typer.echo(f"written: {report.path} (opset {report.opset}, {report.size_mb:.1f} MB)")


def _part(name: str) -> "Part":
    if name == "answers":
        return "answers"
    if name == "masks":
        return "masks"
    raise typer.BadParameter(f"'{name}' is no part; choose answers or masks", param_hint="--part")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(export)
