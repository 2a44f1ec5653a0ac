import cv2
import numpy as np
import numpy.typing as npt

from geotamper.sets.fingerprints import MAX_BITS, Fingerprint, alike_pairs, fingerprint

Pixels = npt.NDArray[np.uint8]


def _scene(seed: int, side: int = 256) -> Pixels:
    rng = np.random.default_rng(seed)
    broad = cv2.resize(rng.integers(20, 235, (9, 9, 3), dtype=np.uint8), (side, side))
    return np.clip(np.asarray(broad, dtype=np.float64) + rng.normal(0, 6, broad.shape), 0, 255).astype(
        np.uint8
    )


def test_near_duplicates_are_found_and_others_are_not() -> None:
    pictures = [_scene(seed) for seed in range(30)]
    smaller = np.asarray(cv2.resize(pictures[4], (112, 112), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    noisy = np.clip(pictures[9] + np.random.default_rng(1).normal(0, 10, pictures[9].shape), 0, 255)
    patched = pictures[17].copy()
    patched[30:70, 30:70] = patched[150:190, 150:190]
    looks = [fingerprint(each) for each in (*pictures, smaller, noisy.astype(np.uint8), patched)]
    assert alike_pairs(looks).tolist() == [[4, 30], [9, 31], [17, 32]]


def test_flat_pictures_look_like_no_other() -> None:
    flat = np.full((64, 64, 3), 77, dtype=np.uint8)
    assert fingerprint(flat).flat
    assert alike_pairs([fingerprint(flat), fingerprint(flat.copy())]).tolist() == []
    assert alike_pairs([]).shape == (0, 2)


def test_equal_patterns_of_other_brightness_are_not_alike() -> None:
    dark = _scene(1) // 3
    looks = [fingerprint(dark), fingerprint((dark + 90).astype(np.uint8))]
    assert (looks[0].bits ^ looks[1].bits).bit_count() <= MAX_BITS
    assert alike_pairs(looks).tolist() == []


def test_alike_pairs_agree_with_comparing_all() -> None:
    rng = np.random.default_rng(3)
    thumbnail = rng.integers(0, 256, (16, 16), dtype=np.uint8)
    base = [int(value) for value in rng.integers(0, 2**63, 6)]
    bits = [value ^ sum(1 << int(bit) for bit in rng.choice(64, int(rng.integers(0, 12)), replace=False))
            for value in base for _ in range(12)]  # fmt: skip
    looks = [Fingerprint(value, thumbnail, flat=False) for value in bits]
    expected = [
        [i, j]
        for i in range(len(bits))
        for j in range(i + 1, len(bits))
        if (bits[i] ^ bits[j]).bit_count() <= MAX_BITS
    ]
    assert alike_pairs(looks).tolist() == expected
    assert len(expected) > 20
