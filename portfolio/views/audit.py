"""Audit: what was done by a person or over a person's logins, and whether the record is whole."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from brokerage import selectors, upkeep
from brokerage.models import AUDIT_WORDS, AuditEntry
from portfolio import as_of, exports, formats
from portfolio.orders.detail import took_words

PAGE_SIZE = 100
# The word in the address, on the chip, and the kind of entry.
KINDS = (
    ("", "Everything"),
    ("call", "Calls"),
    ("order", "Orders"),
    ("preview", "Previews"),
    ("cancel", "Cancels"),
    ("connection", "Logins"),
    ("sync", "Sync"),
    ("audit", "Audit"),
)
HEAD = (*AUDIT_WORDS, "link")


def _narrowed(request: HttpRequest) -> QuerySet[AuditEntry]:
    kind = request.GET.get("kind", "")
    return upkeep.audit_rows(
        selectors.audit_for(request.user).select_related("seal"),
        kind=kind if kind in dict(KINDS) else "",
        text=request.GET.get("q", ""),
        since=_day(request, "since"),
        until=_day(request, "until", end=True),
    )


def _day(request: HttpRequest, name: str, *, end: bool = False) -> datetime | None:
    """Midnight of the day in New York; the one after it for an end. None for no day."""
    text = request.GET.get(name, "").strip()
    try:
        day = datetime.fromisoformat(text[:10]).replace(tzinfo=formats.NEW_YORK)
        return day + timedelta(days=1) if end else day
    except (ValueError, OverflowError):
        return None


@require_GET
def audit_list(request: HttpRequest) -> HttpResponse:
    page = Paginator(_narrowed(request), PAGE_SIZE).get_page(request.GET.get("page"))
    query = request.GET.copy()
    for name in ("page", as_of.PARAMETER):
        query.pop(name, None)
    state = upkeep.chain_state()
    context = {
        "page": page,
        "rows": [_row(entry) for entry in page.object_list],
        "kinds": [(word, label, word == request.GET.get("kind", "")) for word, label in KINDS],
        "text": request.GET.get("q", "")[:100],
        "since": request.GET.get("since", "")[:10],
        "until": request.GET.get("until", "")[:10],
        "kind": request.GET.get("kind", ""),
        "query": query.urlencode(),
        "chain": state,
        "sealed": formats.market_datetime(state["sealed_at"]),
    }
    return render(request, "portfolio/audit_list.html", context)


def _row(entry: AuditEntry) -> dict[str, Any]:
    good = {"done", "200", "201", "queued", "requested", "accepted", "holds"}
    return {
        "entry": entry,
        "when": formats.market_datetime(entry.at),
        "what": entry.action,
        "latency": took_words(entry),
        "tone": "good" if entry.outcome in good else "submission",
        "details": " · ".join(f"{key}: {value}" for key, value in entry.details.items()),
        "link": entry.seal.position if entry.seal else None,
    }


@require_GET
def audit_file(request: HttpRequest) -> HttpResponseBase:
    return exports.csv_file("audit", HEAD, _exported(_narrowed(request)))


def _exported(rows: QuerySet[AuditEntry]) -> Iterator[tuple[Any, ...]]:
    for entry in rows.iterator(chunk_size=1000):
        yield (
            entry.at.isoformat(),
            entry.who,
            entry.through,
            entry.about,
            entry.kind,
            entry.action,
            entry.outcome,
            entry.milliseconds,
            str(entry.details),
            entry.seal.position if entry.seal else None,
        )


@require_POST
def audit_verify(request: HttpRequest) -> HttpResponse:
    """Walk the whole chain now."""
    verdict = upkeep.verify_audit(request.user)
    if verdict.holds:
        words = f"{verdict.entries:,} entries in {verdict.links:,} links"
        messages.success(request, f"The chain holds: {words}. Head {verdict.head[:16]}…")
    else:
        messages.error(request, f"The chain is broken: {'; '.join(verdict.problems[:5])}.")
    return redirect("portfolio:audit-list")


urlpatterns = [
    path("audit/", audit_list, name="audit-list"),
    path("audit/audit.csv", audit_file, name="audit-csv"),
    path("audit/verify/", audit_verify, name="audit-verify"),
]
