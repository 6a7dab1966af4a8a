"""The normal distribution against the error function of the standard library."""

from __future__ import annotations

import math

import numpy as np
import pytest

from portfolio.analytics.pricing import normal
from portfolio.analytics.pricing.normal import cdf, pdf


def test_against_the_standard_library() -> None:
    points = np.linspace(-12, 12, 4801)
    exact = np.array([0.5 * math.erfc(-x / math.sqrt(2)) for x in points])
    assert np.abs(cdf(points) - exact).max() < 6e-15
    below = points < -1
    assert np.abs(cdf(points)[below] / exact[below] - 1).max() < 2e-4


def test_edges() -> None:
    assert cdf([-np.inf, -500.0, 0.0, -0.0, 500.0, np.inf]) == pytest.approx([0, 0, 0.5, 0.5, 1, 1])
    assert np.isnan(cdf(np.nan))
    assert pdf(0.0) == pytest.approx(1 / math.sqrt(2 * math.pi))


@pytest.mark.skipif(not normal.COMPILABLE, reason="numba is not installed")
def test_the_compiled_loop_finds_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    points = np.concatenate([np.linspace(-40, 40, 40_001), [0.0, -0.0, 1e-300, -1e-300, 300.0]])
    monkeypatch.setattr(normal, "LARGE", 1)
    compiled = cdf(points)
    monkeypatch.setattr(normal, "LARGE", points.size + 1)
    assert np.abs(compiled - cdf(points)).max() < 5e-16
