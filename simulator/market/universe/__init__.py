"""What is listed: data tables of underlyings and products, and nothing that moves."""
