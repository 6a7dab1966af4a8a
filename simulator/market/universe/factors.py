"""Common forces behind the prices: name, daily log volatility, how fast a deviation fades."""

from __future__ import annotations

# name, daily standard deviation, half-life in business days, chance of a jump a day, its size
FACTORS: tuple[tuple[str, float, float, float, float], ...] = (
    ("MKT", 0.0084, 700, 0.010, 0.012),
    ("TECH", 0.0060, 600, 0.006, 0.008),
    ("SEMI", 0.0090, 500, 0.006, 0.012),
    ("FIN", 0.0060, 500, 0.004, 0.008),
    ("NRG", 0.0085, 400, 0.004, 0.010),
    ("HLTH", 0.0055, 500, 0.004, 0.008),
    ("DEFN", 0.0045, 500, 0.0, 0.0),
    ("RETL", 0.0055, 500, 0.004, 0.008),
    ("INDU", 0.0050, 500, 0.0, 0.0),
    ("SMAL", 0.0070, 500, 0.0, 0.0),
    ("EMRG", 0.0075, 500, 0.005, 0.012),
    ("RATE", 0.0062, 500, 0.006, 0.008),
    ("GOLD", 0.0105, 600, 0.008, 0.012),
    ("SILV", 0.0120, 500, 0.0, 0.0),
    ("COPR", 0.0120, 500, 0.0, 0.0),
    ("OILX", 0.0190, 350, 0.010, 0.025),
    ("GASX", 0.0330, 200, 0.015, 0.040),
    ("EURX", 0.0042, 500, 0.004, 0.005),
    ("GBPX", 0.0030, 500, 0.0, 0.0),
    ("JPYX", 0.0052, 500, 0.004, 0.006),
    ("AUDX", 0.0045, 500, 0.0, 0.0),
    ("CADX", 0.0032, 500, 0.0, 0.0),
    ("CORN", 0.0135, 300, 0.006, 0.020),
    ("SOYB", 0.0115, 300, 0.006, 0.020),
    ("WHET", 0.0155, 300, 0.006, 0.020),
)
CRYPTO_FACTOR = ("CRYP", 0.0235, 300, 0.010, 0.035)

# log of the volatility level: own shocks, and a fast echo of the market's own moves
VOL = ("VOLX", 0.045, 25, 0.010, 0.12)
VOL_ECHO = ("MKTV", 0.0084, 25)
VOL_LEVERAGE = -3.2
