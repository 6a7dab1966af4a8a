"""Trade chains: the list with its file, one chain, its corrections, notes and tags."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from brokerage import access
from portfolio import exports, formats
from portfolio.desk import desk_of
from portfolio.models import EditKind
from portfolio.scope import Scope
from portfolio.trade_chains import commands, listing
from portfolio.trade_chains.arithmetic import OUTSIDE, outside
from portfolio.trade_chains.cells import MONEY, RATIOS, total_cells
from portfolio.trade_chains.detail import page as detail_page
from portfolio.trade_chains.edits import Edit, EditRefused
from portfolio.trade_chains.histories import slug, unslug
from portfolio.trade_chains.legs import legs
from portfolio.trade_chains.not_rolled import not_rolled
from portfolio.trade_chains.rows import cell
from portfolio.trade_chains.scene import Scene, scene_for, scene_of
from portfolio.trade_chains.summary import Status, Summary

PAGE_SIZE = 100
DETAIL = "portfolio:trade-chain-detail"


@require_GET
def trade_chain_list(request: HttpRequest) -> HttpResponse:
    return render(request, "portfolio/trade_chain_list.html", _listed(request))


@require_GET
def trade_chain_table(request: HttpRequest) -> HttpResponse:
    """The table alone, fetched again when something was booked or filled."""
    return render(request, "portfolio/_trade_chain_table.html", _listed(request))


def _listed(request: HttpRequest) -> dict[str, Any]:
    desk = desk_of(request)
    scene, filters = scene_of(desk), listing.read_filters(request.GET)
    shown = listing.narrowed(scene.summaries, filters)
    pages = Paginator(shown, PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [listing.row(one) for one in pages.object_list]
    ids = [row.one.id for row in rows if row.one.status is Status.OPEN]
    whole = {name: outside(scene.summaries, scene.histories.accounts, name) for name in OUTSIDE}
    return {
        "filters": filters,
        "chips": listing.chips(filters, scene.summaries),
        "heads": [
            listing.head(filters, name, label, tip, "num") for name, label, tip in (*MONEY, *RATIOS)
        ],
        "head_underlying": listing.head(filters, "underlying", "Chain"),
        "head_opened": listing.head(filters, "opened", "Opened"),
        "head_days": listing.head(
            filters, "days", "Days", "From opening to end, or to today", "num"
        ),
        "head_rolls": listing.head(
            filters, "rolls", "Rolls", "Orders that closed and opened", "num"
        ),
        "page": pages,
        "rows": rows,
        "totals": list(zip(total_cells(shown), (label for _, label, _ in MONEY), strict=True)),
        "cash": [(figure.title, cell(figure, "", toned=False)) for figure in whole.values()],
        "tags": sorted({tag for one in scene.summaries for tag in one.tags}, key=str.lower),
        "many_accounts": len(scene.accounts) > 1,
        "mismatches": _mismatches(scene),
        "uncounted": scene.histories.uncounted,
        "live_args_text": json.dumps({**desk.live_args, "chains": ids}),
    }


def _mismatches(scene: Scene) -> list[str]:
    """What chains and positions disagree about, in words."""
    names = {facts.pk: facts.short_number for facts in scene.facts}
    return [
        f"{names.get(one.account_pk, '')} {formats.symbol_label(one.symbol)}: "
        f"{formats.quantity(one.in_chains)} in chains, {formats.quantity(one.held)} held"
        for one in scene.mismatches
    ]


@require_GET
def trade_chain_file(request: HttpRequest) -> HttpResponseBase:
    """All rows that the filters leave, in the order of the page."""
    filters = listing.read_filters(request.GET)
    rows = listing.narrowed(scene_of(desk_of(request)).summaries, filters)
    return exports.csv_file("trade-chains", listing.HEAD, listing.exported(rows))


@require_GET
def trade_chain_detail(request: HttpRequest, account: int, chain: str) -> HttpResponse:
    desk = desk_of(request)
    one = scene_for(desk, account).one(account, chain)
    shown = detail_page(one, desk.now)
    if shown.slug != chain:
        # It was joined, or began earlier than was known: the page has one address.
        return redirect(DETAIL, account, shown.slug)
    context = {
        "page": shown,
        "notes": one.one.notes.get(one.chain.key, []),
        "tags": one.one.tags.get(one.chain.key, []),
        "live_args_text": json.dumps({"scope": _scope(one), "chains": [one.id], "parts": True}),
    }
    return render(request, "portfolio/trade_chain_detail.html", context)


def _scope(one: Summary) -> str:
    """The chain's own account, whatever the page's picker says."""
    return str(Scope(one.one.account.environment, one.one.account.number))


@require_GET
def trade_chain_not_rolled(request: HttpRequest, account: int, chain: str) -> HttpResponse:
    """What each roll was worth: a part of the chain's page, or a page of its own."""
    desk = desk_of(request)
    scene = scene_for(desk, account)
    one = scene.one(account, chain)
    answer = not_rolled(scene, one, request.GET)
    context = {
        "one": one,
        "slug": slug(one.chain.key),
        "account": account,
        "asked": answer.asked,
        "rows": [
            (row, cell(row.made, "num w-pl"), cell(row.better, "num w-pl")) for row in answer.rows
        ],
    }
    name = "_trade_chain_not_rolled" if is_part(request) else "trade_chain_not_rolled"
    return render(request, f"portfolio/{name}.html", context)


def is_part(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true"


# -- corrections -------------------------------------------------------------------------------


@require_POST
def trade_chain_correct(request: HttpRequest, account: int, chain: str) -> HttpResponse:
    """Split, move or merge, as the button says."""
    row = access.get_account_by_pk(request.user, account)
    try:
        edit = _edit(request, account, chain)
        _, shown = commands.correct(request.user, row, edit)
    except EditRefused as refusal:
        messages.error(request, str(refusal))
        return redirect(DETAIL, account, chain)
    words = {
        EditKind.SPLIT: "The legs are a chain of their own now.",
        EditKind.MERGE: "The chains are one now.",
        EditKind.MOVE: "The legs are in this chain now.",
    }
    messages.success(request, f"{words[EditKind(edit.kind)]} No money moved; it can be taken back.")
    return redirect(DETAIL, account, slug(shown) or chain)


def _edit(request: HttpRequest, account: int, chain: str) -> Edit:
    """The correction that a form asks for; EditRefused for one that makes no sense."""
    kind = request.POST.get("kind", "")
    if kind not in EditKind.values:
        raise EditRefused("Choose what to do.")
    key = unslug(chain)
    others = tuple(unslug(text)[:64] for text in request.POST.getlist("other") if text)[:50]
    if kind == EditKind.MERGE:
        return Edit(kind, key, (), others)
    events = _events(request, account, chain)
    if not events:
        raise EditRefused("Choose a leg first.")
    return Edit(kind, key, events, others[:1] if kind == EditKind.MOVE else ())


def _events(request: HttpRequest, account: int, chain: str) -> tuple[str, ...]:
    """Keys of the bookings of the ticked legs."""
    ticked = set(request.POST.getlist("leg"))
    one = scene_for(desk_of(request), account).one(account, chain)
    keys = [key for leg in legs(one.chain) if leg.key in ticked for key in leg.events]
    return tuple(dict.fromkeys(keys))


@require_POST
def trade_chain_undo(request: HttpRequest, account: int, chain: str, pk: int) -> HttpResponse:
    row = access.get_account_by_pk(request.user, account)
    try:
        undone = commands.undo(request.user, row, pk)
        messages.success(request, "Taken back.")
        return redirect(DETAIL, account, slug(undone.chain))
    except EditRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(DETAIL, account, chain)


# -- notes and tags ------------------------------------------------------------------------------


def _act(
    request: HttpRequest, account: int, chain: str, act: Callable[..., Any], *args: Any
) -> HttpResponse:
    """Something about a chain that is there; refusals are told on its page."""
    row = access.get_account_by_pk(request.user, account)
    one = scene_for(desk_of(request), account).one(account, chain)
    try:
        act(request.user, row, one.chain.key, *args)
    except EditRefused as refusal:
        messages.error(request, str(refusal))
    return redirect(DETAIL, account, chain)


@require_POST
def trade_chain_note(request: HttpRequest, account: int, chain: str) -> HttpResponse:
    return _act(request, account, chain, commands.add_note, request.POST.get("text", ""))


@require_POST
def trade_chain_tag(request: HttpRequest, account: int, chain: str) -> HttpResponse:
    return _act(request, account, chain, commands.add_tag, request.POST.get("name", ""))


@require_POST
def trade_chain_forget(
    request: HttpRequest, account: int, chain: str, what: str, pk: int
) -> HttpResponse:
    """Remove a note or a tag of one's own."""
    row = access.get_account_by_pk(request.user, account)
    remove = commands.remove_note if what == "note" else commands.remove_tag
    remove(request.user, row, pk)
    return redirect(DETAIL, account, chain)


_ONE = "chains/<int:account>/<str:chain>/"
urlpatterns = [
    path("chains/", trade_chain_list, name="trade-chain-list"),
    path("chains/table/", trade_chain_table, name="trade-chain-table"),
    path("chains/chains.csv", trade_chain_file, name="trade-chain-csv"),
    path(_ONE, trade_chain_detail, name="trade-chain-detail"),
    path(f"{_ONE}not-rolled/", trade_chain_not_rolled, name="trade-chain-not-rolled"),
    path(f"{_ONE}correct/", trade_chain_correct, name="trade-chain-correct"),
    path(f"{_ONE}undo/<int:pk>/", trade_chain_undo, name="trade-chain-undo"),
    path(f"{_ONE}notes/", trade_chain_note, name="trade-chain-note"),
    path(f"{_ONE}tags/", trade_chain_tag, name="trade-chain-tag"),
    path(f"{_ONE}<str:what>/<int:pk>/remove/", trade_chain_forget, name="trade-chain-forget"),
]
