"""`geotamper balance`."""

from typing import Annotated

import typer

from geotamper.cli import options
from geotamper.cli.failures import one_line_failures

EPILOG = """\b
Examples:
  geotamper balance sets/my-rs-cmqa
  geotamper balance sets/my-rs-cmqa --per-type 17500 --seed 3
"""


def balance(
    data: options.SetFolder,
    *,
    per_type: Annotated[
        int | None,
        typer.Option(
            "--per-type",
            metavar="N",
            min=1,
            help="Questions of each type. Default: a quarter of the rarest type's.",
        ),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="S", min=0, help="Of the draw.")] = 0,
    debug: options.Debug = False,
) -> None:
    """Add the balanced subset to a set: as many questions of every type, with evenly spread answers.

    Writes the folder JsonFilesBalanced; pictures are shared with the full set, and every question keeps its fold.
    """
    with one_line_failures(debug=debug):
        from geotamper.sets.balancing import balance_set
        from geotamper.sets.card import write_card
        from geotamper.sets.layout import open_set

        subset = balance_set(data, per_type=per_type, seed=seed)
        opened = open_set(data)
        vocabulary = opened.vocabulary
        if opened.sidecar is not None:  # the card of a set from elsewhere is not ours to write
            write_card(data)
        typer.echo(f"{data}: {len(subset.questions)} questions, {subset.per_type} of each type")
        for number, counts in subset.counts.items():
            name = vocabulary.type_name(number) or f"type {number}"
            spread = ", ".join(f"{answer} {count}" for answer, count in counts.items())
            typer.echo(f"  {name:<22} {sum(counts.values()):>8}: {spread}")
        for number, answer in subset.exhausted:
            name = vocabulary.type_name(number) or f"type {number}"
            typer.echo(
                f"  all there are of '{answer}' ({name}) were taken; the others of the type make up for it"
            )
        typer.echo(f"written: {data / 'JsonFilesBalanced'}")


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog=EPILOG)(balance)
