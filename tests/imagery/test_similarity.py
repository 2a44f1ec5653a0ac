import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from geotamper.errors import SpecificationError
from geotamper.imagery.similarity import Similarity

_SHIFTS = st.floats(-3000, 3000)
_POINTS = st.lists(st.tuples(st.floats(-500, 4600), st.floats(-500, 4600)), min_size=1, max_size=6)


@st.composite
def similarities(draw: st.DrawFn) -> Similarity:
    """Any turn and shift, scales from a tenth to ten."""
    return Similarity.from_parameters(
        rotation_deg=draw(st.floats(-180, 180)),
        scale=10 ** draw(st.floats(-1, 1)),
        centre=(draw(_SHIFTS), draw(_SHIFTS)),
        image_of_centre=(draw(_SHIFTS), draw(_SHIFTS)),
    )


def test_similarity_quarter_turn_points_up() -> None:
    turn = Similarity.from_parameters(rotation_deg=90)
    assert turn.matrix[:, :2] @ [1, 0] == pytest.approx([0, -1])
    assert turn.matrix[:, :2] @ [0, 1] == pytest.approx([1, 0])


@pytest.mark.parametrize(("rotation", "scale"), [(30, 1.0), (-120, 0.5), (179.5, 1.5), (0, 0.7)])
def test_similarity_matrix_is_the_documented_one(rotation: float, scale: float) -> None:
    found = Similarity.from_parameters(rotation_deg=rotation, scale=scale, image_of_centre=(7, -3)).matrix
    cosine, sine = np.cos(np.radians(rotation)), np.sin(np.radians(rotation))
    wanted = scale * np.array([[cosine, sine], [-sine, cosine]])
    np.testing.assert_allclose(found, np.column_stack([wanted, [7, -3]]), atol=1e-12)


@given(st.floats(-180, 180, exclude_min=True), st.floats(0.05, 20))
def test_similarity_remembers_rotation_and_scale(rotation: float, scale: float) -> None:
    found = Similarity.from_parameters(rotation_deg=rotation, scale=scale)
    assert found.scale == pytest.approx(scale)
    difference = (found.rotation_deg - rotation + 180) % 360 - 180
    assert difference == pytest.approx(0, abs=1e-9)


@given(st.floats(-2000, 2000))
def test_similarity_rotation_lies_in_its_range(rotation: float) -> None:
    assert -180 < Similarity.from_parameters(rotation_deg=rotation).rotation_deg <= 180


@pytest.mark.parametrize("b", [0.0, -0.0])
def test_similarity_half_turn_is_plus_180(b: float) -> None:
    assert Similarity(-1.0, b, 0.0, 0.0).rotation_deg == 180.0


@given(_SHIFTS, _SHIFTS, st.floats(-180, 180), st.floats(0.1, 10))
def test_similarity_takes_its_centre_to_the_image(x: float, y: float, rotation: float, scale: float) -> None:
    found = Similarity.from_parameters(
        rotation_deg=rotation, scale=scale, centre=(x, y), image_of_centre=(y, x)
    )
    np.testing.assert_allclose(found.apply((x, y)), (y, x), atol=1e-7)


@given(similarities(), _POINTS)
def test_similarity_apply_is_the_matrix_on_each_point(
    found: Similarity, points: list[tuple[float, float]]
) -> None:
    wanted = [[float(row @ [x, y, 1]) for row in found.matrix] for x, y in points]
    np.testing.assert_allclose(found.apply(points), wanted, rtol=1e-9, atol=1e-7)


def test_similarity_apply_keeps_the_shape() -> None:
    found = Similarity.from_parameters(rotation_deg=40, image_of_centre=(1, 2))
    grid = np.arange(24.0).reshape(3, 4, 2)
    images = found.apply(grid)
    assert images.shape == grid.shape
    np.testing.assert_allclose(images[2, 1], found.apply(grid[2, 1]))


@given(similarities(), _POINTS)
def test_similarity_inverse_undoes_it(found: Similarity, points: list[tuple[float, float]]) -> None:
    back = found.inverse()
    np.testing.assert_allclose(back.apply(found.apply(points)), points, atol=1e-6)
    assert back.scale == pytest.approx(1 / found.scale)
    turned = (back.rotation_deg + found.rotation_deg + 180) % 360 - 180
    assert turned == pytest.approx(0, abs=1e-9)


@given(similarities())
def test_similarity_survives_its_matrices(found: Similarity) -> None:
    for again in (
        Similarity.from_matrix(found.matrix),
        Similarity.from_matrix(found.matrix.tolist()),
        Similarity.from_index_matrix(found.index_matrix),
    ):
        np.testing.assert_allclose(again.matrix, found.matrix, atol=1e-8)


@given(similarities(), st.integers(-100, 4200), st.integers(-100, 4200))
def test_similarity_index_matrix_moves_pixel_centres_by_a_half(
    found: Similarity, column: int, row: int
) -> None:
    index = found.index_matrix @ [column, row, 1]
    np.testing.assert_allclose(index + 0.5, found.apply((column + 0.5, row + 0.5)), atol=1e-6)


def test_similarity_index_matrix_is_what_opencv_takes() -> None:
    pixels = np.random.default_rng(3).integers(0, 256, (9, 14), dtype=np.uint8)
    # a quarter turn of the whole picture: its frame goes from 14 x 9 to 9 x 14
    turn = Similarity.from_parameters(rotation_deg=90, centre=(7, 4.5), image_of_centre=(4.5, 7))
    turned = cv2.warpAffine(pixels, np.round(turn.index_matrix, 9), (9, 14))
    np.testing.assert_array_equal(turned, np.rot90(pixels))


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_similarity_refuses_scales_that_are_not_positive(scale: float) -> None:
    with pytest.raises(SpecificationError, match="scale must be positive"):
        Similarity.from_parameters(scale=scale)


@pytest.mark.parametrize(
    "matrix",
    [
        [[1, 0, 0], [0, -1, 0]],  # mirrored
        [[1, 0.2, 0], [0, 1, 0]],  # sheared
        [[1, 0, 0], [0, 1.01, 0]],  # stretched
        [[0, 0, 5], [0, 0, 5]],  # singular
    ],
)
def test_similarity_refuses_other_matrices(matrix: list[list[float]]) -> None:
    with pytest.raises(SpecificationError, match="not a similarity"):
        Similarity.from_matrix(matrix)


@given(similarities(), st.sampled_from([(0, 0), (0, 1), (1, 0), (1, 1)]), st.floats(1e-3, 1))
def test_similarity_refuses_matrices_with_one_wrong_entry(
    found: Similarity, entry: tuple[int, int], change: float
) -> None:
    matrix = found.matrix
    matrix[entry] += change * found.scale
    twin = matrix[entry[::-1]] if entry[0] != entry[1] else matrix[1 - entry[0], 1 - entry[1]]
    assume(abs(abs(matrix[entry]) - abs(twin)) > 1e-4 * found.scale)
    with pytest.raises(SpecificationError, match="not a similarity"):
        Similarity.from_matrix(matrix)
