"""The maths: pure functions over frozen facts. No Django, no clock, no socket.

Money and quantities are exact Decimals; model values (Greeks) are floats until they are shown.
What is missing is None and is named by a note, never 0.
"""
