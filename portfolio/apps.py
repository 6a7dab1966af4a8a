from django.apps import AppConfig


class PortfolioConfig(AppConfig):
    name = "portfolio"
    verbose_name = "Portfolio"

    def ready(self) -> None:
        # Live views register themselves by their page's name.
        from portfolio.live import chain, chain_roll, orders, pages, ticket  # noqa: F401
