from geotamper.reporting.sections import area_text
from geotamper.reporting.svg import element, number, round_down


def test_element_escapes_and_rounds() -> None:
    assert str(element("text", "<b>&", kind="", x=1.234567, font_size='a"b')) == (
        '<text x="1.23" font-size="a&#34;b">&lt;b&gt;&amp;</text>'
    )


def test_numbers_are_round_and_short() -> None:
    assert [round_down(value) for value in (0.7, 1.0, 49.9, 1000.0)] == [0.5, 1.0, 20.0, 1000.0]
    assert [number(value) for value in (1.005, -0.001, 120.0, 3.5)] == ["1", "0", "120", "3.5"]
    assert [area_text(value) for value in (0.12344, 91234.5, 2_345_678)] == [
        "0.1234 m²",
        "91234 m²",
        "2.346 km²",
    ]
