import pytest
import shapely
from shapely.geometry import LineString, MultiPolygon, Polygon, box

from geotamper.reporting.layers.antimeridian import cut_at_antimeridian


def test_cut_at_antimeridian_leaves_the_rest_of_the_world_alone() -> None:
    line = LineString([(-60, 0), (60, 0)])
    assert cut_at_antimeridian(line) is line
    island = MultiPolygon([box(8, 47, 9, 48), box(10, 47, 11, 48)])
    assert cut_at_antimeridian(island).equals(island)


@pytest.mark.parametrize("east", [-179.0, 181.0])
def test_cut_at_antimeridian_cuts_regions_with_their_holes(east: float) -> None:
    def ring(west: float, south: float, width: float) -> list[tuple[float, float]]:
        corners = [(west, south), (west + width, south), (west + width, south + width), (west, south + width)]
        wrapped = [(x - 360 if x > 180 and east < 0 else x, y) for x, y in corners]
        return [*wrapped, wrapped[0]]

    region = MultiPolygon([Polygon(ring(179, 10, 2), [ring(179.5, 10.5, 1)]), Polygon(ring(170, 10, 1))])
    cut = cut_at_antimeridian(region)
    assert cut.is_valid
    assert cut.area == pytest.approx(2 * 2 - 1 * 1 + 1)
    west, _, far_east, _ = cut.bounds
    assert (west, far_east) == (-180, 180)
    assert len(cut.geoms) == 3
    assert not cut.contains(shapely.Point(179.75, 11))
    assert not cut.contains(shapely.Point(-179.75, 11))
    assert cut.contains(shapely.Point(179.25, 11))
    assert cut.contains(shapely.Point(-179.25, 11))


def test_cut_at_antimeridian_cuts_links() -> None:
    cut = cut_at_antimeridian(LineString([(179, 0), (-178, 3)]))
    assert [list(line.coords) for line in cut.geoms] == [[(179, 0), (180, 1)], [(-180, 1), (-178, 3)]]


def test_cut_at_antimeridian_closes_a_region_around_a_pole_over_it() -> None:
    around = [(longitude, -80.0) for longitude in (0, 90, 179, -179, -90)]
    cut = cut_at_antimeridian(MultiPolygon([Polygon(around)]))
    assert cut.is_valid
    assert cut.area == pytest.approx(360 * 10)
    assert cut.bounds == (-180, -90, 180, -80)
