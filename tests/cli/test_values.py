import pytest
import typer

from geotamper.cli.values import parse_duration, parse_memory, parse_share


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2GB", 2_000_000_000),
        ("512 mb", 512_000_000),
        ("1.5GiB", 3 << 29),
        ("1000", 1000),
        ("64k", 64_000),
        ("7B", 7),
    ],
)
def test_parse_memory_understands_units(text: str, expected: int) -> None:
    assert parse_memory(text) == expected


@pytest.mark.parametrize("text", ["", "GB", "-2GB", "2 parsecs", "0", "two"])
def test_parse_memory_refuses_other_texts(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 2GB"):
        parse_memory(text)


@pytest.mark.parametrize(
    ("text", "expected"), [("60s", 60), ("2min", 120), ("0.5h", 1800), ("1.5", 1.5), ("3 m", 180)]
)
def test_parse_duration_understands_units(text: str, expected: float) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "s", "0s", "-1s", "5 years"])
def test_parse_duration_refuses_other_texts(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 60s"):
        parse_duration(text)


def test_parse_share_lies_between_0_and_1() -> None:
    assert parse_share("0.01") == 0.01
    for text in ("0", "1", "nan", "1e9", "few"):
        with pytest.raises(typer.BadParameter, match="between 0 and 1"):
            parse_share(text)
