"""Option models over arrays: European in closed form, American on a lattice, implied volatility.

Units everywhere: prices per unit of the underlying, years as fractions of 365 days, volatility,
rate and dividend yield as decimals with continuous compounding. Greeks as on a screen: theta a
calendar day, vega and rho one percentage point.
"""
