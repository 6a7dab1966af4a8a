"""What positions were made of: their lots, their strategies, their profit and loss by date."""
