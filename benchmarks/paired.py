"""Compares two ways of doing the same things, pair by pair.

The interval is a bootstrap over the pairs: it says what chance may have done, and nothing about things of
another kind. Where no pair of n differs it is empty, and up to 3 in n may still differ elsewhere.
"""

from collections.abc import Mapping, Sequence

import numpy as np

_NUM_RESAMPLES = 4_000


def compare(base: Sequence[float], other: Sequence[float], *, seed: int = 0) -> dict[str, float]:
    """Compare pairs: the mean difference, its 95 % interval, and how many were won and lost."""
    differences = np.array(other) - np.array(base)
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(differences), size=(_NUM_RESAMPLES, len(differences)))
    low, high = np.quantile(differences[picks].mean(axis=1), [0.025, 0.975])
    return {
        "difference": round(float(differences.mean()), 4),
        "low": round(float(low), 4),
        "high": round(float(high), 4),
        "won": int((differences > 0.5).sum()),
        "lost": int((differences < -0.5).sum()),
    }


def verdict(compared: Mapping[str, float]) -> str:
    """Say what an interval allows to say."""
    if compared["low"] > 0:
        return "helps"
    return "harms" if compared["high"] < 0 else "no difference seen"
