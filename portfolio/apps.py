from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "portfolio"
    verbose_name = "Portfolio"

    def ready(self) -> None:
        # Live views register themselves by their page's name.
        # So do the explainers of figures, by family.
        from portfolio import booked_figures  # noqa: F401
        from portfolio.dashboard import arithmetic as dashboard_arithmetic  # noqa: F401
        from portfolio.expirations import arithmetic as expiration_arithmetic  # noqa: F401
        from portfolio.figures import frame  # noqa: F401
        from portfolio.live import (  # noqa: F401
            chain,
            chain_roll,
            orders,
            pages,
            ticket,
            trade_chains,
        )
        from portfolio.option_chain import arithmetic as chain_arithmetic  # noqa: F401
        from portfolio.orders import arithmetic as order_arithmetic  # noqa: F401
        from portfolio.position_actions import arithmetic as action_arithmetic  # noqa: F401
        from portfolio.positions import arithmetic as position_arithmetic  # noqa: F401
        from portfolio.positions import live as position_live  # noqa: F401
        from portfolio.risk import arithmetic as risk_arithmetic  # noqa: F401
        from portfolio.simulation import arithmetic as simulator_arithmetic  # noqa: F401
        from portfolio.ticket import arithmetic as ticket_arithmetic  # noqa: F401
        from portfolio.ticket import preview_arithmetic, whatif_rows  # noqa: F401
        from portfolio.trade_chains import arithmetic  # noqa: F401
        from portfolio.underlyings import lots  # noqa: F401
