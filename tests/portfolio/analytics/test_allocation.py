"""The rule by the VIX, and the bound of the beta delta, against hand-made values."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from portfolio.analytics.allocation import band_of, delta_bound


@pytest.mark.parametrize(
    ("vix", "share", "words"),
    [
        ("9.5", "0.25", "VIX below 15"),
        ("14.99", "0.25", "VIX below 15"),
        ("15", "0.30", "VIX 15 to 20"),
        ("20", "0.35", "VIX 20 to 30"),
        ("39.99", "0.40", "VIX 30 to 40"),
        ("80", "0.50", "VIX from 40 on"),
    ],
)
def test_the_dearer_options_are_the_more_may_be_in_use(vix: str, share: str, words: str) -> None:
    band = band_of(D(vix))
    assert band is not None and (band.share, band.words) == (D(share), words)


@pytest.mark.parametrize("vix", [None, D(0), D(-1)])
def test_without_a_vix_there_is_no_band(vix: D | None) -> None:
    assert band_of(vix) is None


def test_at_the_bound_one_per_cent_of_the_benchmark_is_the_share_of_net_liq() -> None:
    bound = delta_bound(D("0.005"), D(50_000), D(500))
    assert bound == 50
    # 50 units of 500.00, moved by 1 %: 250.00, which is 0.5 % of 50,000.
    assert bound * D(500) * D("0.01") == D("0.005") * 50_000


@pytest.mark.parametrize(
    ("net_liq", "price"), [(None, D(500)), (D(0), D(500)), (D(50_000), None), (D(50_000), D(0))]
)
def test_what_is_not_known_has_no_bound(net_liq: D | None, price: D | None) -> None:
    assert delta_bound(D("0.005"), net_liq, price) is None
