"""`geotamper review`."""

from pathlib import Path
from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper review sets/real
  geotamper review sets/real --port 8123 --open
  geotamper review sets/real --apply
"""


def review(
    data: options.SetFolder,
    *,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="Default: any that is free.")
    ] = 0,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    apply: Annotated[
        bool, typer.Option("--apply", help="Set rejected pictures and their questions inactive, and end.")
    ] = False,
    debug: options.Debug = False,
) -> None:
    """Accept or reject the pictures of a set by keyboard, on a page of this machine.

    Every decision is stored in the set at once, in review.json; Ctrl-C ends, and a later review goes on. Nobody
    else can open the page: it answers on this machine only, at an address with a secret in it.
    """
    with one_line_failures(debug=debug):
        if apply:
            _apply(data)
        else:
            _serve(data, port, open_page=open_page)


def _apply(data: Path) -> None:
    from geotamper.sets.card import write_card
    from geotamper.sets.layout import open_set
    from geotamper.sets.review import apply_decisions

    accepted, rejected = apply_decisions(data)
    if open_set(data).sidecar is not None:  # the card of a set from elsewhere is not ours to write
        write_card(data)
    typer.echo(f"{data}: {accepted} accepted pictures are active, {rejected} rejected ones are not")


def _serve(data: Path, port: int, *, open_page: bool) -> None:
    import contextlib
    import webbrowser

    from geotamper.sets.review import ReviewServer

    server = ReviewServer(data, port=port)
    typer.echo(f"{server.pictures} pictures; open {server.url}")
    typer.echo("A accepts, R rejects, arrows move; Ctrl-C ends")
    if open_page:
        webbrowser.open(server.url)
    try:
        with contextlib.suppress(KeyboardInterrupt):  # the way to end it
            server.run()
    finally:
        server.close()
    counts = server.decisions.counts()
    typer.echo(
        f"{counts['accepted']} accepted, {counts['rejected']} rejected; stored in {data / 'review.json'}"
    )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(review)
