"""The order book, an order's detail and changes, and the news of orders."""
