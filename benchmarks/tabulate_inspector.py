r"""Turn the results of evaluate_inspector.py and parser.py into Markdown tables.

So nobody types numbers by hand.

Examples:
    python benchmarks/tabulate_inspector.py benchmarks/work/results/test-bank/results.json
    python benchmarks/tabulate_inspector.py benchmarks/work/results/*/results.json --into benchmarks/RESULTS.md

Without --into the tables are printed. With it, the text between the lines

    <!-- begin test-bank -->        all tables of the set `test-bank`
    <!-- begin test-bank brief -->  its main numbers alone
    <!-- begin summary -->          one line for each of the sets given
    <!-- begin ablation -->         the results of ablate_inspector.py
    <!-- begin parser -->           the results of parser.py

and the `end` lines of the same name is replaced in the given files.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from _common.blocks import insert
from _common.failures import one_line_failures
from _common.tables import MEASURES, markdown, overall_table, percent, split_table
from geotamper.errors import InputError

DETECTION = "geotamper.benchmark/1"
PARSER = "geotamper.parser-benchmark/1"
ABLATION = "geotamper.ablation/1"

AIMS = {
    "bank": {
        "both regions found": "at least 93 %",
        "source and copy exchanged, of the found": "at most 3 %",
        "untouched called tampered": "at most 1 %",
        "untouched called blurred": "at most 2 %",
        "rotation error, median": "at most 0.05 degrees",
        "scale error, median": "at most 0.001",
        "peak memory of a process": "at most 1000 MB",
    },
    "foreign": {"both regions found": "at least 85 %"},
    "jpeg90": {
        "both regions found": "at least 65 %",
        "source and copy exchanged, of the found": "at most 8 %",
        "untouched called tampered": "at most 3 %",
    },
    "jpeg75": {"both regions found": "at least 55 %", "untouched called tampered": "at most 3 %"},
    "resize09": {"both regions found": "at least 60 %", "untouched called tampered": "at most 3 %"},
    "noise3": {"both regions found": "at least 65 %", "untouched called tampered": "at most 3 %"},
    "blur": {"blur method right, of the found": "at least 92 %"},
}
"""What is wanted of sets named after a fold and these words, such as `test-bank`, by measure."""

BRIEF = (
    "both regions found",
    "source and copy exchanged, of the found",
    "untouched called tampered",
    "rotation error, median",
    "scale error, median",
)
"""The measures of the brief table."""

# The results hold JSON that evaluate_inspector.py wrote; its shape is stated there.
Results = Mapping[str, Any]


@one_line_failures
def main() -> int:
    """Print or insert the tables; 1 when a file cannot be used."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("results", type=Path, nargs="+", help="results.json files")
    parser.add_argument(
        "--into", type=Path, nargs="+", metavar="FILE", help="Markdown files to bring up to date"
    )
    options = parser.parse_args()
    loaded = [load(path) for path in options.results]
    blocks = {name: text for results in loaded for name, text in blocks_of(results).items()}
    blocks["summary"] = summary_text([r for r in loaded if r["schema"] == DETECTION])
    if options.into:
        insert(blocks, options.into)
    else:
        print("\n\n".join(text for name, text in blocks.items() if not name.endswith(" brief")))
    return 0


def load(path: Path) -> Results:
    """Read the results of one run.

    Raises:
        InputError: The file is missing or holds something else.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(
            f"cannot read '{path}' ({error}); expected results of evaluate_inspector.py"
        ) from error
    if not isinstance(content, dict) or content.get("schema") not in (DETECTION, PARSER, ABLATION):
        raise InputError(
            f"'{path}' is of none of the schemas {DETECTION}, {PARSER} and {ABLATION}; "
            "give what evaluate_inspector.py, parser.py or ablate_inspector.py wrote"
        )
    return content


def blocks_of(results: Results) -> dict[str, str]:
    """The text of each block that the results fill, by the name in its markers."""
    if results["schema"] == PARSER:
        return {"parser": parser_text(results)}
    if results["schema"] == ABLATION:
        return {"ablation": ablation_text(results)}
    name = str(results["set"]["folder"])
    return {name: full_text(results), f"{name} brief": brief_text(results)}


def full_text(results: Results) -> str:
    """How the numbers were got, the overall table, and one table per trait that has several values."""
    scores = results["detectors"]
    parts = [provenance(results), overall_table(scores, aims=_aims(results))]
    for trait, values in scores["inspector"]["by"].items():
        if len(values) > 1:
            parts += [f"By {trait}:", split_table(scores, trait)]
    return "\n\n".join(parts)


def brief_text(results: Results) -> str:
    """The main numbers."""
    return overall_table(results["detectors"], only=BRIEF)


def parser_text(results: Results) -> str:
    """Phrasings read right by the question parser, on both halves."""
    halves = results["halves"]
    rows = [
        [name, *(_share(half.get(name, {"right": 0, "asked": 0})) for half in halves.values())]
        for name in next(iter(halves.values()))
    ]
    speed = f"{1000 * results['seconds_per_question']:.1f} ms a question"
    table = markdown(["phrasings", *(f"{name} half" for name in halves)], rows)
    return f"Measured at {_commit(results['machine'])}; {speed}.\n\n{table}"


def ablation_text(results: Results) -> str:
    """Found with one part of the search left out at a time."""
    sets = list(next(iter(results["scores"].values())))
    rows = []
    for plan, scores in results["scores"].items():
        counts = [(scores[name]["found"], scores[name]["pictures"]) for name in sets]
        rows.append([plan, *(f"{percent(found / total)} ({found} of {total})" for found, total in counts)])
    command = f"`python {shown_command(results['command'])}`, {_commit(results['machine'])}."
    return f"{command}\n\n{markdown(['search', *sets], rows)}"


SUMMARY = {
    "all": None,
    "rotated and scaled": ("transform", ("rotated and scaled",)),
    "below 1500 px": ("area of the source", ("below 600 px", "600 to 1500 px")),
    "roads": ("class", ("Road",)),
}
"""Columns of the summary, by the trait and its values."""


def summary_text(results: Sequence[Results]) -> str:
    """One line per set: found (all, and the hard parts), exchanged, and what is said of untouched pictures."""
    header = [
        "set",
        *(f"found: {name}" for name in SUMMARY),
        "exchanged",
        "untouched called tampered",
        "left open",
    ]
    rows = []
    for result in results:
        scores = result["detectors"]["inspector"]
        if not scores["overall"]["found"]["total"] and not scores["clean"]["called_tampered"]["total"]:
            continue
        row = [str(result["set"]["folder"])]
        row += [_found_share(scores, wanted) for wanted in SUMMARY.values()]
        exchanged, clean = scores["overall"]["exchanged"], scores["clean"]
        row.append(_share({"right": exchanged["count"], "asked": exchanged["total"]}))
        flagged = clean["called_tampered"]
        row.append(_share({"right": flagged["count"], "asked": flagged["total"]}))
        row.append(_share({"right": clean["undecided"], "asked": flagged["total"]}))
        rows.append(row)
    return markdown(header, rows)


def _found_share(scores: Mapping[str, Any], wanted: tuple[str, tuple[str, ...]] | None) -> str:
    if wanted is None:
        parts = [scores["overall"]["found"]]
    else:
        trait, values = wanted
        by_value = scores["by"].get(trait, {})
        parts = [by_value[value]["found"] for value in values if value in by_value]
    return _share({"right": sum(p["count"] for p in parts), "asked": sum(p["total"] for p in parts)})


def _share(count: Mapping[str, int]) -> str:
    if not count["asked"]:
        return "-"
    rate = count["right"] / count["asked"]
    return f"{percent(rate)} ({count['right']} of {count['asked']})"


def _commit(machine: Mapping[str, Any]) -> str:
    changes = " with uncommitted changes" if machine["uncommitted_changes"] else ""
    return f"commit {machine['commit'][:10]}{changes}"


def provenance(results: Results) -> str:
    """The command, the set and the machine, in a paragraph."""
    pictures, machine = results["set"], results["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return (
        f"`python {shown_command(results['command'])}`: {pictures['forged']} forged and "
        f"{pictures['untouched']} untouched pictures of {pictures['groups']} scenes, "
        f"fold {' and '.join(pictures['folds'])}, {_sizes(pictures['sizes'])} pixels "
        f"(`records.jsonl` has the SHA-256 {pictures['records_sha256'][:16]}...). "
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB, "
        f"{machine['processes']} process(es) of {machine['threads_per_picture']} thread(s); "
        f"Python {machine['python']}, {packages}; {_commit(machine)}."
    )


def _sizes(sizes: Sequence[str]) -> str:
    """A few sizes one by one, many by the smallest and the largest sides."""
    if len(sizes) <= 3:
        return " and ".join(sizes)
    sides = [tuple(map(int, size.split(" x "))) for size in sizes]
    return f"{min(map(min, sides))} to {max(map(max, sides))}"


def shown_command(command: Sequence[str]) -> str:
    """The command as anybody would type it: without the place of the results, which does not change them."""
    words = list(command)
    if "--out" in words:
        at = words.index("--out")
        del words[at : at + 2]
    return " ".join(words)


def _aims(results: Results) -> Mapping[str, str]:
    wanted = AIMS.get(str(results["set"]["folder"]).partition("-")[2], {})
    return {measure: wanted[measure] for measure in MEASURES if measure in wanted}


if __name__ == "__main__":
    sys.exit(main())
