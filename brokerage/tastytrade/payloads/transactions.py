"""What moved cash or positions: one row per leg per fill."""

from __future__ import annotations

from typing import Annotated

from brokerage.tastytrade.payloads.base import (
    REQUIRED,
    Count,
    Day,
    Flag,
    Moment,
    Number,
    Payload,
    Signed,
)


class Lot(Payload, frozen=True):
    id: str = ""
    transaction_id: Count = None
    quantity: Number = None
    price: Number = None
    quantity_direction: str = ""
    executed_at: Moment = None
    transaction_date: Day = None


class Transaction(Payload, frozen=True):
    """Amounts are signed: a credit is positive. `net_value` is what moved cash; never recompute
    it from the fees. `quantity` is unsigned, `action` says the side.
    """

    id: Annotated[int, REQUIRED] = 0
    account_number: str = ""
    transaction_type: str = ""
    transaction_sub_type: str = ""
    description: str = ""
    action: str = ""
    symbol: str = ""
    instrument_type: str = ""
    underlying_symbol: str = ""
    quantity: Number = None
    price: Number = None
    value: Signed = None
    net_value: Signed = None
    commission: Signed = None
    clearing_fees: Signed = None
    regulatory_fees: Signed = None
    proprietary_index_option_fees: Signed = None
    currency_conversion_fees: Signed = None
    other_charge: Signed = None
    other_charge_description: str = ""
    is_estimated_fee: Flag = None
    currency: str = ""
    agency_price: Number = None
    principal_price: Number = None
    order_id: Count = None
    leg_count: Count = None
    destination_venue: str = ""
    exchange: str = ""
    exchange_affiliation_identifier: str = ""
    exec_id: str = ""
    ext_exec_id: str = ""
    ext_exchange_order_number: str = ""
    ext_global_order_number: Count = None
    ext_group_id: str = ""
    ext_group_fill_id: str = ""
    reverses_id: Count = None
    cost_basis_reconciliation_date: Day = None
    lots: tuple[Lot, ...] = ()
    executed_at: Moment = None
    transaction_date: Day = None
    created_at: Moment = None


class TotalFees(Payload, frozen=True):
    """All fees of one day; negative, since fees are debits."""

    total_fees: Signed = None
