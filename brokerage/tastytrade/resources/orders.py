"""Orders: look, check, place, cancel, replace. What changes an order is sent once, ever."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from brokerage.tastytrade import calls
from brokerage.tastytrade.calls import Call, Page, QueryValue, Safety, get_pages, one, send
from brokerage.tastytrade.payloads.order_requests import ComplexOrderRequest, OrderRequest
from brokerage.tastytrade.payloads.orders import (
    ComplexOrder,
    KnownOrder,
    Order,
    OrderResponse,
    PlacedComplexOrder,
    PlacedOrder,
)

Body = Mapping[str, Any] | OrderRequest
ComplexBody = Mapping[str, Any] | ComplexOrderRequest


def _json(body: Body | ComplexBody) -> Mapping[str, Any]:
    return body if isinstance(body, Mapping) else body.body()


def list_live(
    number: str, *, statuses: Sequence[str] = (), underlying_symbol: str | None = None
) -> Call[Page[Order]]:
    """Everything created or updated today, in any status. Not to be polled."""
    return get_pages(
        "/accounts/{}/orders/live",
        number,
        of=Order,
        identity=lambda order: order.id,
        query={"status[]": statuses, "underlying-symbol": underlying_symbol},
    )


def search(
    number: str,
    *,
    start_date: date | None = None,
    end_date: date | None = None,
    start_at: datetime | None = None,
    end_at: datetime | None = None,
    statuses: Sequence[str] = (),
    underlying_symbol: str | None = None,
    underlying_instrument_type: str | None = None,
    futures_symbol: str | None = None,
    sort: str | None = None,
    per_page: int = 200,
) -> Call[Page[Order]]:
    """Newest first. One of `start_date` and `start_at` is needed; `sort` is Desc or Asc."""
    return get_pages(
        "/accounts/{}/orders",
        number,
        of=Order,
        identity=lambda order: order.id,
        query=_filters(
            start_date, end_date, start_at, end_at, statuses, underlying_symbol, sort, per_page
        )
        | {
            "underlying-instrument-type": underlying_instrument_type,
            "futures-symbol": futures_symbol,
        },
    )


def _filters(
    start_date: date | None,
    end_date: date | None,
    start_at: datetime | None,
    end_at: datetime | None,
    statuses: Sequence[str],
    underlying_symbol: str | None,
    sort: str | None,
    per_page: int,
) -> dict[str, QueryValue]:
    if start_date is None and start_at is None:
        raise ValueError("a search of orders needs a start")
    return {
        "start-date": start_date,
        "end-date": end_date,
        "start-at": start_at,
        "end-at": end_at,
        "status[]": statuses,
        "underlying-symbol": underlying_symbol,
        "sort": sort,
        "per-page": per_page,
        "page-offset": 0,
    }


def search_customer(
    account_numbers: Sequence[str],
    *,
    start_date: date | None = None,
    end_date: date | None = None,
    start_at: datetime | None = None,
    end_at: datetime | None = None,
    statuses: Sequence[str] = (),
    underlying_symbol: str | None = None,
    sort: str | None = None,
    per_page: int = 200,
) -> Call[Page[Order]]:
    """The search over several accounts of the customer."""
    return get_pages(
        "/customers/me/orders",
        of=Order,
        identity=lambda order: order.id,
        query={"account-numbers[]": account_numbers}
        | _filters(
            start_date, end_date, start_at, end_at, statuses, underlying_symbol, sort, per_page
        ),
    )


def list_live_customer(account_numbers: Sequence[str], *, per_page: int = 100) -> Call[Page[Order]]:
    return get_pages(
        "/customers/me/orders/live",
        of=Order,
        identity=lambda order: order.id,
        query={"account-numbers[]": account_numbers, "per-page": per_page, "page-offset": 0},
    )


def get(number: str, order_id: int) -> Call[Order]:
    return calls.get("/accounts/{}/orders/{}", number, order_id, parse=one(Order))


def dry_run(number: str, body: Body) -> Call[OrderResponse]:
    """Checks and values an order without placing it; may be repeated."""
    return send(
        "POST",
        "/accounts/{}/orders/dry-run",
        number,
        parse=one(OrderResponse),
        safety=Safety.CHECK,
        body=_json(body),
    )


def place(number: str, body: Body) -> Call[PlacedOrder]:
    return send(
        "POST",
        "/accounts/{}/orders",
        number,
        parse=one(PlacedOrder),
        safety=Safety.SUBMIT,
        body=_json(body),
    )


def cancel(number: str, order_id: int) -> Call[Order]:
    """Asks for a cancellation; the answer is the order as it stands."""
    return send(
        "DELETE",
        "/accounts/{}/orders/{}",
        number,
        order_id,
        parse=one(KnownOrder),
        safety=Safety.SUBMIT,
    )


def replace(number: str, order_id: int, body: Body) -> Call[Order]:
    """Cancels and places anew with the whole body; the answer is the NEW order."""
    return _change("PUT", number, order_id, body)


def edit(number: str, order_id: int, body: Body) -> Call[Order]:
    """Like replace, with the changed keys alone; the answer is the NEW order."""
    return _change("PATCH", number, order_id, body)


def _change(method: str, number: str, order_id: int, body: Body) -> Call[Order]:
    return send(
        method,
        "/accounts/{}/orders/{}",
        number,
        order_id,
        parse=one(KnownOrder),
        safety=Safety.SUBMIT,
        body=_json(body),
    )


def replace_dry_run(number: str, order_id: int, body: Body) -> Call[OrderResponse]:
    return send(
        "POST",
        "/accounts/{}/orders/{}/dry-run",
        number,
        order_id,
        parse=one(OrderResponse),
        safety=Safety.CHECK,
        body=_json(body),
    )


def reconfirm(number: str, order_id: int) -> Call[Order]:
    """Confirms an order that the broker holds."""
    return send(
        "POST",
        "/accounts/{}/orders/{}/reconfirm",
        number,
        order_id,
        parse=one(Order),
        safety=Safety.SUBMIT,
    )


# --- complex orders ---


def place_complex(number: str, body: ComplexBody) -> Call[PlacedComplexOrder]:
    return send(
        "POST",
        "/accounts/{}/complex-orders",
        number,
        parse=one(PlacedComplexOrder),
        safety=Safety.SUBMIT,
        body=_json(body),
    )


def dry_run_complex(number: str, body: ComplexBody) -> Call[OrderResponse]:
    return send(
        "POST",
        "/accounts/{}/complex-orders/dry-run",
        number,
        parse=one(OrderResponse),
        safety=Safety.CHECK,
        body=_json(body),
    )


def list_complex(number: str, *, per_page: int = 100) -> Call[Page[ComplexOrder]]:
    return get_pages(
        "/accounts/{}/complex-orders",
        number,
        of=ComplexOrder,
        identity=lambda order: order.id,
        query={"per-page": per_page, "page-offset": 0},
    )


def list_complex_live(number: str) -> Call[Page[ComplexOrder]]:
    """Those with a member that was placed today."""
    return get_pages(
        "/accounts/{}/complex-orders/live",
        number,
        of=ComplexOrder,
        identity=lambda order: order.id,
    )


def get_complex(number: str, order_id: int) -> Call[ComplexOrder]:
    return calls.get("/accounts/{}/complex-orders/{}", number, order_id, parse=one(ComplexOrder))


def cancel_complex(number: str, order_id: int) -> Call[ComplexOrder]:
    """Cancels the whole group; members cannot be cancelled on their own."""
    return send(
        "DELETE",
        "/accounts/{}/complex-orders/{}",
        number,
        order_id,
        parse=one(ComplexOrder),
        safety=Safety.SUBMIT,
    )


def edit_complex(number: str, order_id: int, body: Mapping[str, Any]) -> Call[OrderResponse]:
    """Moves the ratio threshold of a PAIRS order, nothing else."""
    return send(
        "PATCH",
        "/accounts/{}/complex-orders/{}",
        number,
        order_id,
        parse=one(OrderResponse),
        safety=Safety.SUBMIT,
        body=body,
    )


def edit_complex_dry_run(
    number: str, order_id: int, body: Mapping[str, Any]
) -> Call[OrderResponse]:
    return send(
        "POST",
        "/accounts/{}/complex-orders/{}/dry-run",
        number,
        order_id,
        parse=one(OrderResponse),
        safety=Safety.CHECK,
        body=body,
    )
