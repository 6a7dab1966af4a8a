"""Files for spreadsheets: amounts stay amounts, nothing of a text is computed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from portfolio.exports import csv_file


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("-12.5", "-12.5"),
        ("+3", "+3"),
        (Decimal("-0.10"), "-0.10"),
        (None, ""),
        ("=1+1", "'=1+1"),
        ("-1+cmd", "'-1+cmd"),
        ("@sum", "'@sum"),
    ],
)
def test_cells(value: object, cell: str) -> None:
    lines = b"".join(csv_file("x", ("a", "b"), [(value, 1)]).streaming_content).decode()
    assert lines == f"a,b\r\n{cell},1\r\n"
