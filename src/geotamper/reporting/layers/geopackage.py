"""Findings as GeoPackage in the coordinate system of the scene, with the styles that QGIS draws them in."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from geotamper.atomic import atomic_path
from geotamper.errors import InputError, MissingLibraryError
from geotamper.imagery.georeference import apply_geotransform
from geotamper.imagery.picture import Geotransform
from geotamper.inspection.report import InspectionReport
from geotamper.reporting.layers.features import ATTRIBUTES, Feature, Role, Value, findings_features
from geotamper.reporting.layers.qgis import link_style, region_style

INSTALL = "pip install 'geotamper[geo]'"

LAYERS: dict[Role, str] = {"source": "source", "target": "target", "link": "links"}
"""Names of the layers by the role of their features; one without features is there all the same."""

GEOPACKAGE_VERSION = "1.2"
"""What QGIS and GDAL of the last years read without a warning."""

GEOMETRY_COLUMN = "geom"
_TYPES: dict[type[Any], Any] = {str: object, int: np.int64, float: np.float64}


def write_geopackage(report: InspectionReport, path: Path) -> None:
    """Write the layers `source`, `target` and `links` with the attributes of `features.ATTRIBUTES`.

    The table `layer_styles` holds a default style for each, which QGIS uses by itself.

    Args:
        report: Of a picture with CRS and geotransform.
        path: Ends in .gpkg; an older file is replaced.

    Raises:
        InputError: The picture has no place on Earth, or its CRS cannot be written.
        MissingLibraryError: pyogrio is not installed.
        OutputError: The file cannot be written.
    """
    try:
        import pyogrio
    except ImportError as error:
        raise MissingLibraryError(f"GeoPackage layers need pyogrio; install it with {INSTALL}") from error
    image = report.image
    if image.crs is None or image.geotransform is None:
        raise InputError(
            f"'{image.path}' has no coordinate system with a geotransform, so it has no GeoPackage; use the GeoJSON "
            "file, which is in pixels then"
        )
    features = [_placed(feature, image.geotransform) for feature in findings_features(report)]
    with atomic_path(path) as temporary, tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "findings.gpkg"  # elsewhere, because pyogrio refuses paths that are no UTF-8
        try:
            for role in LAYERS:
                chosen = [feature for feature in features if feature.role == role]
                _write_layer(draft, role, chosen, image.crs)
            _write_styles(draft)
            shutil.copyfile(draft, temporary)
        except pyogrio.errors.CRSError as error:
            raise InputError(
                f"the coordinate system of '{image.path}' cannot be written to a GeoPackage ({error}); use the "
                "GeoJSON file, or reproject the picture, with gdalwarp for instance"
            ) from error
        except (pyogrio.errors.DataSourceError, pyogrio.errors.DataLayerError) as error:
            raise OSError(f"GDAL: {error}") from error


def _placed(feature: Feature, geotransform: Geotransform) -> Feature:
    """The feature in map coordinates."""
    geometry = shapely.transform(feature.geometry, lambda points: apply_geotransform(geotransform, points))
    return replace(feature, geometry=geometry)


def _write_layer(path: Path, role: Role, features: Sequence[Feature], crs: str) -> None:
    from pyogrio.raw import write

    columns = [_column([feature.attributes[name] for feature in features], name) for name in ATTRIBUTES]
    is_first = not path.exists()
    write(
        path,
        geometry=np.array([shapely.to_wkb(feature.geometry) for feature in features], dtype=object),
        fields=np.array(list(ATTRIBUTES), dtype=object),
        field_data=[values for values, _ in columns],
        field_mask=[is_missing for _, is_missing in columns],
        layer=LAYERS[role],
        driver="GPKG",
        geometry_type="LineString" if role == "link" else "MultiPolygon",
        crs=crs,
        append=not is_first,
        dataset_options={"VERSION": GEOPACKAGE_VERSION} if is_first else None,
        layer_options={"GEOMETRY_NAME": GEOMETRY_COLUMN},
    )


def _column(values: Sequence[Value], name: str) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_]]:
    """The values of an attribute, and where they are missing."""
    kind = ATTRIBUTES[name]
    blank = kind()
    filled = [blank if value is None else value for value in values]
    missing = np.array([value is None for value in values], dtype=np.bool_)
    return np.array(filled, dtype=_TYPES[kind]), missing


def _write_styles(path: Path) -> None:
    """The table in which QGIS keeps styles, in the columns that it makes itself."""
    from pyogrio.raw import write

    names = list(LAYERS.values())
    styles = [link_style() if role == "link" else region_style() for role in LAYERS]
    texts: dict[str, list[str]] = {
        "f_table_catalog": [""] * len(names),
        "f_table_schema": [""] * len(names),
        "f_table_name": names,
        "f_geometry_column": [GEOMETRY_COLUMN] * len(names),
        "styleName": ["geotamper"] * len(names),
        "styleQML": styles,
        "styleSLD": [""] * len(names),
        "description": ["Sources and copies as in the overlay of the report"] * len(names),
        "owner": [""] * len(names),
        "ui": [""] * len(names),
    }
    columns: dict[str, npt.NDArray[Any]] = {
        name: np.array(values, dtype=object) for name, values in texts.items()
    }
    columns["useAsDefault"] = np.ones(len(names), dtype=np.bool_)
    columns["update_time"] = np.full(len(names), np.datetime64("NaT", "ms"))
    write(
        path,
        geometry=None,
        fields=np.array(list(columns), dtype=object),
        field_data=list(columns.values()),
        layer="layer_styles",
        driver="GPKG",
        geometry_type=None,
        append=True,
    )
