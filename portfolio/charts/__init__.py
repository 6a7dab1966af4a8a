"""Charts as pages give them to `static/js/charts.js`: one JSON value, and the same as a table.

A page includes `portfolio/_chart_head.html` in its head and `portfolio/_chart.html` with `chart`
(a `frame.Chart`) where the picture stands. By hand the same is any element with
``data-chart="KIND" data-source="ID"`` and its JSON in ``<script type="application/json" id="ID">``.

Times are days as text (`2026-11-20`) or epoch seconds, one sort a chart, ascending and unique.
Money and prices are numbers, unknown is null. Kinds:

- `payoff`: P/L along a price. ``{"unit": "SPY", "low": 500, "step": 0.5, "places": 2, "spot": 590,
  "lines": [{"name", "role", "values": [P/L at low, low + step, …]}], "marks": [{"at": price,
  "kind": "spot|even|sigma", "text"}, {"at": low, "to": high}]}``. Roles: today, later, end, before.
- `history`: an area over time. ``{"name", "points": [[time, value], …], "base": value or null}``.
- `bars`: signed bars with names. ``{"labels": [...], "values": [...], "total": index or absent}``.
- `chain-timeline`: a staircase with events. ``{"name", "steps": [[time, value], …], "events":
  [{"at": time of a step, "kind": "open|roll|adjust|close|assign|expire", "text"}], "lines":
  [{"name", "role", "scale": "left" or absent, "points": [[time, value], …]}]}``.
- `term-structure`: volatility by days. ``{"lines": [{"name", "role", "points": [[days, fraction,
  "17 Jan"], …]}]}``.
"""
