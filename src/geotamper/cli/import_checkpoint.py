"""`geotamper import-checkpoint`."""

from pathlib import Path
from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper import-checkpoint CMFPF_last.pth imported/cmfpf
  geotamper import-checkpoint CM-MMoE_best.pth imported/cm_moe
"""


def import_checkpoint(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.pth", help="State dict saved by the authors' training.")
    ],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="Folder for model.safetensors and config.json.")],
    *,
    debug: options.Debug = False,
) -> None:
    """Bring a checkpoint of the authors' CMFPF or CM-MMoE into this project.

    The network is recognised by its entries, the number of answers is read from its last layer. A file that does not
    fit exactly is refused with the list of differences. Nothing in the file is executed.
    """
    with one_line_failures(debug=debug):
        from geotamper.cli.networks import require_torch
        from geotamper.reporting.folder import check_writable

        require_torch()
        from geotamper.models.importing import import_checkpoint as run

        check_writable(str(out))
        imported = run(file, out)
        parameters = sum(parameter.numel() for parameter in imported.network.parameters())
        typer.echo(
            f"{out}: {imported.name}, {imported.classes} answers, {parameters:,} parameters; left out "
            f"{imported.left_out:,} values that the published network never uses"
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("import-checkpoint", epilog=EPILOG)(import_checkpoint)
