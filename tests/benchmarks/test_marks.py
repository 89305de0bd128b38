"""The benchmark of the marks compares what it says."""

from PIL import Image

from benchmarks.marks import measure


def test_a_marked_picture_is_compared_with_the_same_without_marks() -> None:
    """The signature alone adds about 3 KB, and the figures have all their names."""
    found = measure(Image.effect_noise((160, 160), 60).convert("RGB"), repeats=2)

    assert {"plain_ms", "marked_ms", "extra_ms", "extra_p90_ms", "extra_bytes"} == set(found)
    assert found["extra_bytes"] > 2_000
