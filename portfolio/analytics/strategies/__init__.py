"""Option strategies recognised from the legs of a position, by the names traders use.

Names never change money: they group legs for reading, for max profit and loss, and for closing.
"""
