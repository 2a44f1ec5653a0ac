"""Virtual rasters: sound ones over a file beside them, and ones that a stranger with bad manners would send."""

import re

from numpy.random import Generator

from _fuzzing.mutations import border, pick

BASE = "base.tif"
"""Name of the file that sound ones refer to: (24, 20, 3) uint8."""

_BAND = (
    '<VRTRasterBand dataType="{kind}" band="{band}"{extra}><ColorInterp>{colour}</ColorInterp>{inner}'
    '<{source}><SourceFilename relativeToVRT="1">{name}</SourceFilename><SourceBand>{from_band}</SourceBand>'
    '<SrcRect xOff="0" yOff="0" xSize="20" ySize="24"/><DstRect xOff="0" yOff="0" xSize="20" ySize="24"/>'
    "{options}</{source}></VRTRasterBand>"
)
_PLACES = (
    "missing.tif",
    "case.vrt",
    "../base.tif",
    "/dev/zero",
    "/etc/hostname",
    "/proc/self/mem",
    "/vsicurl/http://127.0.0.1:9/x.tif",
    "/vsigzip//vsicurl/http://127.0.0.1:9/x.gz",
    "http://127.0.0.1:9/x.tif",
    "/vsizip/base.tif/x",
    "/vsistdin/",
    "/vsimem/x.tif",
    "/vsisubfile/0_100,base.tif",
    "<VRTDataset rasterXSize='1' rasterYSize='1'/>",
    "GTIFF_DIR:1:base.tif",
    "WMS:http://127.0.0.1:9/?SERVICE=WMS",
    "ZARR:/vsicurl/http://127.0.0.1:9",
    "MEM:::DATAPOINTER=1,PIXELS=20,LINES=24",
    "",
    "a" * 5000,
)


def _dataset(bands: str, more: str = "") -> bytes:
    return f'<VRTDataset rasterXSize="20" rasterYSize="24">{more}{bands}</VRTDataset>'.encode()


def _band(band: int, colour: str, **changes: str) -> str:
    parts = {
        "kind": "Byte",
        "extra": "",
        "inner": "",
        "source": "SimpleSource",
        "name": BASE,
        "from_band": str(band),
        "options": "",
    }
    return _BAND.format(**(parts | changes), band=band, colour=colour)


def _rgb(**changes: str) -> str:
    return "".join(_band(band, colour, **changes) for band, colour in enumerate(("Red", "Green", "Blue"), 1))


_PLACE = (
    '<SRS>EPSG:32632</SRS><GeoTransform>5.0e5, 0.5, 0.0, 5.0e6, 0.0, -0.5</GeoTransform><Metadata><MDI key="A">'
    "b</MDI></Metadata>"
)
_MASK = (
    '<MaskBand><VRTRasterBand dataType="Byte"><SimpleSource><SourceFilename relativeToVRT="1">base.tif'
    "</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></MaskBand>"
)
_KERNEL = '<Kernel normalized="1"><Size>3</Size><Coefs>1 1 1 1 1 1 1 1 1</Coefs></Kernel>'

SEEDS: dict[str, bytes] = {
    "vrt": _dataset(_rgb(), _PLACE),
    "vrt nodata": _dataset(_rgb(inner="<NoDataValue>0</NoDataValue>"), _PLACE),
    "vrt mask": _dataset(_rgb() + _MASK),
    "vrt scaled": _dataset(
        _rgb(
            kind="UInt16",
            source="ComplexSource",
            options="<ScaleOffset>7</ScaleOffset><ScaleRatio>9</ScaleRatio>",
        )
    ),
    "vrt table": _dataset(_rgb(source="ComplexSource", options="<LUT>0:255,255:0</LUT>")),
    "vrt kernel": _dataset(_rgb(source="KernelFilteredSource", options=_KERNEL)),
    "vrt derived": _dataset(
        _band(
            1,
            "Gray",
            extra=' subClass="VRTDerivedRasterBand"',
            inner="<PixelFunctionType>sqrt</PixelFunctionType>",
        )
    ),
    "vrt raw": _dataset(
        '<VRTRasterBand dataType="Byte" band="1" subClass="VRTRawRasterBand"><SourceFilename relativeToVRT="1">'
        "base.tif</SourceFilename><ImageOffset>0</ImageOffset><PixelOffset>1</PixelOffset>"
        "<LineOffset>20</LineOffset></VRTRasterBand>"
    ),
    "vrt python": _dataset(
        _band(
            1,
            "Gray",
            extra=' subClass="VRTDerivedRasterBand"',
            inner="<PixelFunctionLanguage>Python</PixelFunctionLanguage><PixelFunctionType>f</PixelFunctionType>"
            "<PixelFunctionCode><![CDATA[\nimport os\ndef f(*a, **k):\n    os._exit(77)\n]]></PixelFunctionCode>",
        )
    ),
    "vrt warped": b'<VRTDataset rasterXSize="20" rasterYSize="24" subClass="VRTWarpedDataset"><GeoTransform>0,1,0,0,0,'
    b'-1</GeoTransform><VRTRasterBand dataType="Byte" band="1" subClass="VRTWarpedRasterBand"/><GDALWarpOptions>'
    b"<WarpMemoryLimit>6.7e7</WarpMemoryLimit><ResampleAlg>NearestNeighbour</ResampleAlg><WorkingDataType>Byte"
    b'</WorkingDataType><SourceDataset relativeToVRT="1">base.tif</SourceDataset><BandList><BandMapping src="1" '
    b'dst="1"/></BandList></GDALWarpOptions></VRTDataset>',
}


def mutate_vrt(content: bytes, rng: Generator) -> bytes:
    """Change a number, a place, a name or an element of the text."""
    text = content.decode("utf-8", "replace")
    match int(rng.integers(7)):
        case 0 | 1:
            text = _replace_one(r"(?<=[\">])-?\d+(\.\d+)?(?=[\"<])", _number(rng), text, rng)
        case 2:
            text = _replace_one(
                r"(?<=>)[^<>]*(?=</SourceFilename>|</SourceDataset>)", pick(rng, _PLACES), text, rng
            )
        case 3:
            text = _replace_one(r"<[A-Za-z]+[^<>]*>", "", text, rng)
        case 4:
            element = re.search(r"<VRTRasterBand.*?</VRTRasterBand>", text, re.DOTALL)
            text = text.replace(element[0], element[0] * int(rng.integers(2, 60))) if element else text
        case 5:
            kinds = ("Byte", "UInt16", "Int16", "Float32", "Float64", "CFloat64", "Int64", "Nonsense")
            text = _replace_one(r'(?<=dataType=")\w+', pick(rng, kinds), text, rng)
        case _:
            deep = int(rng.integers(1, 3000))
            extra = (
                "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/hostname'>]>",
                "<a>" * deep,
                "\0",
                "&a;",
                "é",
                "<!--",
            )
            start = int(rng.integers(len(text)))
            text = text[:start] + pick(rng, extra) + text[start:]
    return text.encode()


def _number(rng: Generator) -> str:
    wild = (
        "0",
        "-1",
        "1e308",
        "nan",
        "inf",
        "99999999999999999999",
        "0.5",
        "",
        "x",
        "2147483647",
        "4294967296",
    )
    return pick(rng, wild) if rng.random() < 0.7 else str(border(rng))


def _replace_one(pattern: str, new: str, text: str, rng: Generator) -> str:
    found = list(re.finditer(pattern, text))
    if not found:
        return text
    chosen = pick(rng, found)
    return text[: chosen.start()] + new + text[chosen.end() :]
