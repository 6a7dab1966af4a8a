"""The orders of an account that have not ended, alike ones together.

What an account's working orders reserve depends on their terms alone. Thousands of orders that say
the same are looked at once and counted, so that the next one costs no more than the first.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from simulator.model import Order


class Standing:
    """Orders in groups of the same terms; whoever changes an order enters it again."""

    def __init__(self) -> None:
        self._groups: dict[Hashable, dict[int, Order]] = {}
        self._group_of: dict[int, Hashable] = {}

    def enter(self, order: Order) -> None:
        """Add an order, or move it to where its terms belong now."""
        terms = terms_in(order)
        known = self._group_of.get(order.id)
        if known == terms:
            return
        if known is not None:
            self.leave(order.id)
        self._group_of[order.id] = terms
        self._groups.setdefault(terms, {})[order.id] = order

    def leave(self, number: int) -> None:
        """Drop an order; one that is not here is no matter."""
        terms = self._group_of.pop(number, None)
        if terms is None:
            return
        group = self._groups[terms]
        del group[number]
        if not group:
            del self._groups[terms]

    def groups(self, without: int | None = None) -> Iterator[tuple[Order, int]]:
        """One order of each group and how many there are, `without` one of them."""
        for group in self._groups.values():
            count = len(group) - (without in group)
            if count:
                yield next(o for number, o in group.items() if number != without), count


def terms_in(order: Order) -> Hashable:
    """What alike orders have in common; members of groups and what waits stand for themselves."""
    if order.complex_id is not None or order.status == "Contingent" or order.terminal:
        return order.id, order.status, order.contingent_status
    legs = tuple((leg.symbol, leg.action, leg.quantity, leg.remaining) for leg in order.legs)
    return order.order_type, order.price, order.price_effect, order.stop_trigger, order.size, legs
