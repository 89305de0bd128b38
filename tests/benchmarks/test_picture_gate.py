"""The benchmark of the picture gate compares what it says."""

from benchmarks.picture_gate import measure


async def test_judging_is_compared_with_drawing() -> None:
    """The figures have all their names, and both took time."""
    found = await measure(repeats=1, side_px=64)

    assert {
        "judge_ms",
        "draw_ms",
        "judge_per_draw",
        "judge_beside_drawing_ms",
        "judge_beside_drawing_worst_ms",
    } == set(found)
    assert min(found["judge_ms"], found["draw_ms"]) > 0
