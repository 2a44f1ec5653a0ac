"""`geotamper serve`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures
from geotamper.cli.values import parse_duration, parse_memory

if TYPE_CHECKING:
    from geotamper.serving.settings import ServiceSettings

EPILOG = """\b
Examples:
  geotamper serve
  geotamper serve --port 9000 --data /srv/geotamper --workers 2
  geotamper serve --allow-root /data/scenes --keep 24h
  geotamper serve --host 0.0.0.0 --token "$(cat token)"
  curl -F file=@scene.tif http://127.0.0.1:8000/api/v1/inspections
"""


def serve(  # noqa: PLR0913 - one parameter per option
    *,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Beyond 127.0.0.1 every request needs the token.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="0 means any that is free.")
    ] = 8000,
    data: Annotated[
        Path | None,
        typer.Option(
            "--data", metavar="DIR", help="Database, uploads and reports. Default: your data folder."
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=1, help="Pictures inspected at the same time.")
    ] = 1,
    token: Annotated[
        str | None,
        typer.Option(
            "--token",
            metavar="TEXT",
            envvar="GEOTAMPER_TOKEN",
            help="What requests must bring. Default: none on this machine, a new one beyond.",
        ),
    ] = None,
    allow_root: Annotated[
        list[Path] | None,
        typer.Option(
            "--allow-root", metavar="DIR", help="Pictures in it may be inspected by path; may be repeated."
        ),
    ] = None,
    max_upload: Annotated[
        int, typer.Option("--max-upload", metavar="SIZE", parser=parse_memory, help="Largest upload.")
    ] = "500MB",  # type: ignore[assignment] # parsed
    max_pixels: Annotated[
        int, typer.Option("--max-pixels", metavar="N", min=1, help="Largest picture, width times height.")
    ] = 4_000_000_000,
    max_memory: Annotated[
        int,
        typer.Option(
            "--max-memory", metavar="SIZE", parser=parse_memory, help="Memory for the search of a picture."
        ),
    ] = "2GB",  # type: ignore[assignment] # parsed
    time_limit: Annotated[
        float,
        typer.Option("--time-limit", metavar="TIME", parser=parse_duration, help="Longest inspection."),
    ] = "10min",  # type: ignore[assignment] # parsed
    queue: Annotated[
        int, typer.Option("--queue", metavar="N", min=1, help="Inspections that may wait.")
    ] = 100,
    keep: Annotated[
        float,
        typer.Option(
            "--keep", metavar="TIME", parser=parse_duration, help="Inspections are removed so long after."
        ),
    ] = "168h",  # type: ignore[assignment] # parsed
    keep_count: Annotated[
        int, typer.Option("--keep-count", metavar="N", min=1, help="Ended inspections that are kept.")
    ] = 1000,
    debug: options.Debug = False,
) -> None:
    """Serve inspections over REST, with a page for the browser, until Ctrl-C.

    Inspections and their reports survive a restart. On this machine anybody may use the service; with --host beyond
    127.0.0.1 every request needs the token, and TLS is the affair of a proxy in front.
    """
    with one_line_failures(debug=debug):
        from geotamper.serving.requirement import require_serving

        require_serving()
        from geotamper.serving.settings import ServiceSettings, default_data_folder

        _check_token(token)
        settings = ServiceSettings(
            host=host,
            port=port,
            data=data or default_data_folder(),
            workers=workers,
            token=token,
            allowed_roots=tuple(allow_root or ()),
            max_upload=max_upload,
            max_pixels=max_pixels,
            max_memory=max_memory,
            seconds_per_job=time_limit,
            queue_length=queue,
            retention_hours=keep / 3600,
            retention_count=keep_count,
        )
        _serve(settings)


def _check_token(token: str | None) -> None:
    import re

    from geotamper.serving.settings import TOKEN_PATTERN

    if token is not None and re.fullmatch(TOKEN_PATTERN, token) is None:
        raise typer.BadParameter(
            "a token has 8 to 200 letters, digits and . _ ~ + / = -; leave it out to get a new one",
            param_hint="--token",
        )


def _serve(settings: "ServiceSettings") -> None:
    from geotamper.serving.server import run

    run(settings, announce=typer.echo)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(serve)
