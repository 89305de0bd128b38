"""The benchmark of the text gate runs, and counts what was refused."""

import json

from benchmarks import gate


def test_what_is_harmless_and_what_is_hidden_is_counted_apart() -> None:
    """Of harmless texts none is refused, of hidden ones all; everything is JSON."""
    figures = gate.measure(num_seeds=1, num_times=1)

    assert figures == json.loads(json.dumps(figures))
    assert 0 == figures["harmless_korean"]["refused"] == figures["harmless_english"]["refused"]
    assert figures["harmless_korean"]["texts"] >= 1_000
    assert figures["disguised"]["refused"] == figures["disguised"]["texts"] >= 300
    assert 0 < figures["held_out"]["refused"] <= figures["held_out"]["texts"]
