"""Entry of the `geotamper` command.

Nothing here loads the numeric libraries: `geotamper --help` has to answer at once. Each command imports what
it needs when it runs.
"""

import sys
from types import TracebackType
from typing import Annotated

import typer

from geotamper._version import __version__
from geotamper.cli import (
    ask,
    balance,
    benchmark,
    check,
    convert,
    demo,
    doctor,
    evaluate,
    export,
    generate,
    import_checkpoint,
    inspect,
    models,
    review,
    serve,
    stats,
    train,
)

app = typer.Typer(
    name="geotamper",
    help="Find copied, turned and scaled objects in remote-sensing pictures and answer questions about them.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help needs half the time
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with 'geotamper demo'; every command explains itself with --help.",
)


def _show_version(*, wanted: bool) -> None:
    if wanted:
        typer.echo(f"geotamper {__version__}")
        raise typer.Exit


@app.callback()
def _common(
    *,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            help="Print the version and exit.",
            is_eager=True,
            callback=lambda value: _show_version(wanted=value),
        ),
    ] = False,
) -> None:
    del version


for module in (
    inspect,
    ask,
    generate,
    check,
    review,
    stats,
    balance,
    convert,
    train,
    evaluate,
    benchmark,
    export,
    import_checkpoint,
    models,
    serve,
    demo,
    doctor,
):
    module.register(app)


def _one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Report a bug of geotamper in one line; the traceback is for those who ask for it."""
    del trace
    if issubclass(kind, KeyboardInterrupt):
        sys.stderr.write("geotamper: interrupted\n")
        return
    sys.stderr.write(
        f"geotamper: internal error: {kind.__name__}: {' '.join(str(error).split())}; "
        "this is a bug: please report it with the output of the same command and --debug\n"
    )


def main() -> None:
    """Run the command line."""
    if "--debug" not in sys.argv:
        sys.excepthook = _one_line
    # Not `app()`: typer would put its own hook for exceptions in place.
    typer.main.get_command(app)()


if __name__ == "__main__":
    main()
