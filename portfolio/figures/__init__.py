"""Figures on pages and the arithmetic behind each.

An element that shows a figure carries `data-figure`: its reference, or nothing where its DOM id is
the reference. A reference is `<family>-<rest>`; the family's explainer turns the rest into a
`Worked`, made of the same values as the page. Families register with `explains`, in the package
that makes their figures.
"""

from __future__ import annotations

from portfolio.figures.registry import NoFigure, explain, explains
from portfolio.figures.texts import show

__all__ = ["NoFigure", "explain", "explains", "show"]
