"""Options that tell how pictures are read, shared by the commands that read them."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from geotamper.imagery.read_options import ReadOptions

Bands = Annotated[
    str | None,
    typer.Option(
        "--bands",
        metavar="R,G,B",
        help="Bands to read as red, green, blue, such as 4,3,2, or one as grey. Default: by their names, else the "
        "first three.",
    ),
]
Stretch = Annotated[
    str | None,
    typer.Option(
        "--stretch",
        metavar="LOW,HIGH",
        help="Percentiles that become black and white, such as 2,98. Default: 8 bits as they are, others 0.5,99.5.",
    ),
]
PixelWindow = Annotated[
    str | None,
    typer.Option("--window", metavar="X,Y,WIDTH,HEIGHT", help="Search this part alone, in pixels."),
]
Bbox = Annotated[
    str | None,
    typer.Option(
        "--bbox",
        metavar="XMIN,YMIN,XMAX,YMAX",
        help="Search this part alone, in map coordinates of the picture.",
    ),
]
AreaFile = Annotated[
    str | None,
    typer.Option(
        "--area",
        metavar="FILE",
        help="Search the polygons of this GeoJSON file alone (WGS 84; pixels where the picture has no CRS).",
    ),
]


def read_options(
    *,
    bands: str | None = None,
    stretch: str | None = None,
    window: str | None = None,
    bbox: str | None = None,
    area: str | None = None,
) -> "ReadOptions":
    """The choices of the options above.

    Raises:
        typer.BadParameter: A value is not of its form, or several parts of the picture are asked for.
        InputError: The GeoJSON file cannot be used.
    """
    from geotamper.errors import SpecificationError
    from geotamper.imagery.area import Area
    from geotamper.imagery.read_options import ReadOptions

    if sum(given is not None for given in (window, bbox, area)) > 1:
        raise typer.BadParameter("--window, --bbox and --area exclude each other; give one of them")
    wanted = None if bands is None else _integers("--bands", bands, (1, 3), "4,3,2 or 1")
    percentiles = None if stretch is None else _numbers("--stretch", stretch, (2,), "2,98")
    corner = None if window is None else _integers("--window", window, (4,), "0,0,4096,4096")
    corners = None if bbox is None else _numbers("--bbox", bbox, (4,), "500000,5200000,501000,5201000")
    try:
        part = Area.from_geojson(area) if area is not None else None
        if corner is not None:
            part = Area.from_window(corner[0], corner[1], corner[2], corner[3])
        if corners is not None:
            part = Area.from_bbox(corners[0], corners[1], corners[2], corners[3])
        return ReadOptions(
            bands=wanted,
            stretch=None if percentiles is None else (percentiles[0], percentiles[1]),
            area=part,
        )
    except SpecificationError as error:
        raise typer.BadParameter(str(error)) from error


def _numbers(option: str, text: str, counts: tuple[int, ...], example: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if len(numbers) not in counts:
        raise typer.BadParameter(
            f"'{text}' is not of the form that is expected; write {example}", param_hint=option
        )
    return numbers


def _integers(option: str, text: str, counts: tuple[int, ...], example: str) -> tuple[int, ...]:
    numbers = _numbers(option, text, counts, example)
    if not all(number.is_integer() for number in numbers):  # also refuses infinities and NaN
        raise typer.BadParameter(f"'{text}' must hold whole numbers; write {example}", param_hint=option)
    return tuple(map(int, numbers))
