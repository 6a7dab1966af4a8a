"""Shares, funds and indices of the simulated market.

Prices are the level around which each path wanders, not quotes of any day. `beta` is against
the market factor, `loads` against the factors of `factors.py`, `iv` the long-run volatility.
"""

# ruff: noqa: E501 (tables: one instrument a line)

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Underlying:
    """One share, fund or index. Money in dollars, `adv` in shares a day, `iv` as a fraction."""

    symbol: str
    kind: str  # Equity, ETF or Index
    name: str
    market: str
    price: float
    beta: float
    loads: tuple[tuple[str, float], ...]
    iv: float
    dividend: float  # each payment
    frequency: int  # payments a year
    adv: float
    shares: float
    eps: float
    cycle: str  # daily, weekly, monthly or none
    penny: bool  # options tick in cents throughout
    tracks: tuple[str, float] | None = None  # follows another symbol at a ratio
    reports: bool = False  # quarterly earnings
    origin: str = ""  # the first symbol of a renamed share: what its calendar is drawn from

    @property
    def drawn_from(self) -> str:
        """The name that dates and draws depend on."""
        return self.origin or self.symbol

    @property
    def dividend_yield(self) -> float:
        """Continuous yield used for forwards."""
        return self.dividend * self.frequency / self.price


# symbol|name|market|price|beta|loads|iv|dividend x frequency|adv (M)|shares (M)|eps|cycle|penny
_SHARES = """
AAPL|Apple Inc. - Common Stock|XNAS|268.00|1.15|TECH 0.45|0.26|0.26x4|48|14800|7.42|weekly|y
MSFT|Microsoft Corporation - Common Stock|XNAS|512.00|1.00|TECH 0.55|0.24|0.91x4|21|7430|14.10|weekly|y
NVDA|NVIDIA Corporation - Common Stock|XNAS|182.00|1.75|TECH 0.9 SEMI 1.0|0.42|0.01x4|175|24300|4.05|weekly|y
AMZN|Amazon.com, Inc. - Common Stock|XNAS|228.00|1.25|TECH 0.6|0.32|0|41|10650|7.10|weekly|y
GOOGL|Alphabet Inc. - Class A Common Stock|XNAS|285.00|1.10|TECH 0.5|0.29|0.21x4|33|5820|10.05|weekly|y
GOOG|Alphabet Inc. - Class C Capital Stock|XNAS|286.00|1.10|TECH 0.5|0.29|0.21x4|21|5480|10.05|weekly|n
META|Meta Platforms, Inc. - Class A Common Stock|XNAS|612.00|1.25|TECH 0.6|0.34|0.53x4|14|2180|22.60|weekly|y
TSLA|Tesla, Inc. - Common Stock|XNAS|405.00|1.90|TECH 0.5 RETL 0.6|0.55|0|92|3320|1.45|weekly|y
AMD|Advanced Micro Devices, Inc. - Common Stock|XNAS|215.00|1.80|TECH 0.8 SEMI 1.1|0.52|0|52|1625|2.30|weekly|y
AVGO|Broadcom Inc. - Common Stock|XNAS|342.00|1.45|TECH 0.7 SEMI 0.9|0.42|0.59x4|24|4720|4.10|weekly|n
INTC|Intel Corporation - Common Stock|XNAS|36.50|1.30|TECH 0.4 SEMI 0.9|0.50|0|88|4370|0.12|weekly|y
MU|Micron Technology, Inc. - Common Stock|XNAS|228.00|1.60|TECH 0.6 SEMI 1.1|0.50|0.12x4|24|1120|8.30|weekly|y
ORCL|Oracle Corporation - Common Stock|XNYS|222.00|1.30|TECH 0.7|0.42|0.50x4|19|2850|4.40|weekly|n
CRM|Salesforce, Inc. - Common Stock|XNYS|242.00|1.20|TECH 0.6|0.32|0.42x4|7.8|952|7.20|weekly|n
ADBE|Adobe Inc. - Common Stock|XNAS|338.00|1.15|TECH 0.6|0.31|0|4.1|424|16.10|weekly|n
NFLX|Netflix, Inc. - Common Stock|XNAS|112.00|1.20|TECH 0.5|0.34|0|38|4250|2.40|weekly|y
PLTR|Palantir Technologies Inc. - Class A Common Stock|XNAS|172.00|1.70|TECH 0.9|0.58|0|62|2370|0.45|weekly|y
COIN|Coinbase Global, Inc. - Class A Common Stock|XNAS|282.00|1.80|CRYP 0.7 TECH 0.3|0.65|0|9.6|257|11.20|weekly|n
UBER|Uber Technologies, Inc. - Common Stock|XNYS|92.00|1.25|TECH 0.3|0.36|0|18|2080|4.60|weekly|y
DIS|The Walt Disney Company - Common Stock|XNYS|108.00|1.05|RETL 0.4|0.28|0.50x2|9.2|1790|6.85|weekly|y
JPM|JPMorgan Chase & Co. - Common Stock|XNYS|305.00|1.05|FIN 0.9|0.24|1.50x4|8.8|2720|20.20|weekly|y
BAC|Bank of America Corporation - Common Stock|XNYS|53.00|1.15|FIN 1.0|0.27|0.28x4|38|7300|3.70|weekly|y
WFC|Wells Fargo & Company - Common Stock|XNYS|86.00|1.10|FIN 1.0|0.27|0.45x4|13|3140|6.10|weekly|y
C|Citigroup Inc. - Common Stock|XNYS|101.00|1.25|FIN 1.05|0.29|0.60x4|13|1790|7.20|weekly|y
GS|The Goldman Sachs Group, Inc. - Common Stock|XNYS|790.00|1.25|FIN 1.0|0.28|4.00x4|2.0|300|49.50|weekly|n
V|Visa Inc. - Class A Common Stock|XNYS|335.00|0.90|FIN 0.4|0.22|0.67x4|6.0|1690|10.30|weekly|n
BRK/B|Berkshire Hathaway Inc. - Class B Common Stock|XNYS|504.00|0.75|FIN 0.5|0.18|0|4.2|1320|31.00|weekly|n
XOM|Exxon Mobil Corporation - Common Stock|XNYS|117.00|0.70|NRG 1.0|0.24|1.03x4|14|4210|6.90|weekly|y
CVX|Chevron Corporation - Common Stock|XNYS|153.00|0.75|NRG 1.0|0.24|1.71x4|7.9|1990|7.20|weekly|y
OXY|Occidental Petroleum Corporation - Common Stock|XNYS|41.50|0.95|NRG 1.3|0.33|0.24x4|9.1|985|2.20|weekly|y
UNH|UnitedHealth Group Incorporated - Common Stock|XNYS|322.00|0.60|HLTH 1.0|0.33|2.21x4|8.5|906|19.20|weekly|n
JNJ|Johnson & Johnson - Common Stock|XNYS|202.00|0.45|HLTH 0.8|0.18|1.30x4|7.4|2410|10.30|weekly|n
PFE|Pfizer, Inc. - Common Stock|XNYS|25.20|0.55|HLTH 0.9|0.25|0.43x4|42|5690|1.70|weekly|y
LLY|Eli Lilly and Company - Common Stock|XNYS|1020.00|0.65|HLTH 1.0|0.34|1.50x4|3.4|945|20.10|weekly|n
MRK|Merck & Company, Inc. - Common Stock|XNYS|93.00|0.50|HLTH 0.9|0.25|0.81x4|12|2500|7.60|weekly|n
KO|The Coca-Cola Company - Common Stock|XNYS|71.10|0.50|DEFN 0.8|0.16|0.51x4|16|4300|3.00|weekly|y
PEP|PepsiCo, Inc. - Common Stock|XNAS|146.00|0.50|DEFN 0.9|0.20|1.42x4|6.3|1370|5.30|weekly|n
PG|The Procter & Gamble Company - Common Stock|XNYS|148.00|0.45|DEFN 0.9|0.18|1.06x4|7.6|2340|6.70|weekly|n
WMT|Walmart Inc. - Common Stock|XNYS|103.00|0.65|DEFN 0.6 RETL 0.3|0.22|0.24x4|16|7970|2.65|weekly|y
COST|Costco Wholesale Corporation - Common Stock|XNAS|915.00|0.80|DEFN 0.5 RETL 0.4|0.23|1.30x4|1.9|443|18.20|weekly|n
HD|The Home Depot, Inc. - Common Stock|XNYS|362.00|0.95|RETL 0.8|0.24|2.30x4|3.7|995|14.70|weekly|n
NKE|Nike, Inc. - Class B Common Stock|XNYS|65.00|1.05|RETL 0.9|0.33|0.40x4|12|1480|1.95|weekly|y
MCD|McDonald's Corporation - Common Stock|XNYS|306.00|0.55|DEFN 0.6|0.19|1.86x4|3.2|713|11.80|weekly|n
SBUX|Starbucks Corporation - Common Stock|XNAS|86.00|0.90|RETL 0.7|0.28|0.61x4|9.0|1137|2.30|weekly|y
BA|The Boeing Company - Common Stock|XNYS|195.00|1.25|INDU 0.8|0.34|0|9.0|756|-8.00|weekly|y
CAT|Caterpillar, Inc. - Common Stock|XNYS|560.00|1.20|INDU 1.0|0.30|1.51x4|3.3|468|19.40|weekly|n
GE|GE Aerospace - Common Stock|XNYS|302.00|1.15|INDU 0.9|0.30|0.36x4|5.0|1055|7.50|weekly|n
F|Ford Motor Company - Common Stock|XNYS|13.10|1.20|INDU 0.6 RETL 0.5|0.35|0.15x4|64|3980|1.16|weekly|y
GM|General Motors Company - Common Stock|XNYS|69.50|1.25|INDU 0.7 RETL 0.4|0.33|0.15x4|9.0|933|4.80|weekly|y
T|AT&T Inc. - Common Stock|XNYS|25.60|0.50|DEFN 0.6|0.21|0.28x4|36|7090|3.05|weekly|y
VZ|Verizon Communications Inc. - Common Stock|XNYS|40.80|0.45|DEFN 0.6|0.20|0.69x4|22|4216|4.70|weekly|y
AAP|Advance Auto Parts Inc. - Common Stock|XNYS|51.00|1.05|RETL 1.0|0.52|0.25x4|1.8|60|-6.20|monthly|n
XYZ|Block, Inc. - Class A Common Stock|XNYS|66.00|1.70|TECH 0.5 CRYP 0.2|0.50|0|10|609|4.60|weekly|n
SOFI|SoFi Technologies, Inc. - Common Stock|XNAS|27.80|1.75|FIN 0.7 SMAL 0.6|0.58|0|62|1200|0.55|weekly|y
HOOD|Robinhood Markets, Inc. - Class A Common Stock|XNAS|118.00|1.90|FIN 0.5 CRYP 0.5|0.66|0|30|890|2.40|weekly|y
MSTR|Strategy Inc - Class A Common Stock|XNAS|182.00|1.50|CRYP 1.3|0.75|0|14|290|24.00|weekly|n
"""

# symbol|name|price|beta|loads|iv|dividend x frequency|adv (M)|shares (M)|cycle|penny|tracks
_FUNDS = """
SPY|State Street SPDR S&P 500 ETF Trust|662.00|1|-|0.165|1.83x4|72|1040|daily|y|SPX 0.1
VOO|Vanguard S&P 500 ETF|609.00|1|-|0.165|1.75x4|7|1280|monthly|n|SPX 0.09203
IVV|iShares Core S&P 500 ETF|665.00|1|-|0.165|2.05x4|6|1080|monthly|n|SPX 0.10045
VTI|Vanguard Total Stock Market ETF|326.00|1|SMAL 0.05|0.167|0.94x4|4|1700|monthly|n|-
QQQ|Invesco QQQ Trust, Series 1|606.00|1|-|0.21|0.72x4|52|650|daily|y|NDX 0.0245
IWM|iShares Russell 2000 ETF|243.00|1|-|0.23|0.62x4|32|280|daily|y|RUT 0.0999
DIA|SPDR Dow Jones Industrial Average ETF Trust|468.00|0.88|INDU 0.2 FIN 0.2|0.15|0.60x12|4|86|weekly|y|-
XLE|State Street Energy Select Sector SPDR ETF|90.00|0.70|NRG 1.0|0.22|0.72x4|15|310|weekly|y|-
XLF|State Street Financial Select Sector SPDR ETF|53.00|1.00|FIN 0.9|0.18|0.18x4|40|1010|weekly|y|-
XLK|State Street Technology Select Sector SPDR ETF|288.00|1.15|TECH 0.6 SEMI 0.3|0.24|0.42x4|6|330|weekly|y|-
SMH|VanEck Semiconductor ETF|352.00|1.50|TECH 0.6 SEMI 1.0|0.36|1.10x1|8|100|weekly|y|-
ARKK|ARK Innovation ETF|82.00|1.65|TECH 0.9 CRYP 0.2|0.42|0|12|95|weekly|y|-
EEM|iShares MSCI Emerging Markets ETF|54.00|0.85|EMRG 1.0|0.19|0.62x2|28|390|weekly|y|-
FXI|iShares China Large-Cap ETF|39.50|0.70|EMRG 1.5|0.28|0.42x2|30|180|weekly|y|-
EFA|iShares MSCI EAFE ETF|95.00|0.80|EMRG 0.4 EURX 0.4|0.16|1.30x2|15|700|weekly|y|-
GLD|SPDR Gold Shares|376.00|0.02|GOLD 1|0.20|0|12|370|weekly|y|-
SLV|iShares Silver Trust|46.00|0.10|GOLD 1.1 SILV 1|0.34|0|30|560|weekly|y|-
TLT|iShares 20+ Year Treasury Bond ETF|89.50|0.0|RATE 1.15|0.125|0.33x12|34|560|weekly|y|-
HYG|iShares iBoxx $ High Yield Corporate Bond ETF|80.50|0.30|RATE 0.1|0.065|0.39x12|38|210|weekly|y|-
USO|United States Oil Fund, LP|70.50|0.05|OILX 1|0.34|0|5|14|weekly|y|-
UNG|United States Natural Gas Fund LP|13.80|0.0|GASX 1|0.55|0|15|36|weekly|y|-
VXX|iPath Series B S&P 500 VIX Short-Term Futures ETN|34.00|-3.2|VOLX 0.5|0.75|0|8|14|weekly|y|-
IBIT|iShares Bitcoin Trust ETF|50.50|0.10|CRYP 1|0.46|0|58|1420|weekly|y|-
GDX|VanEck Gold Miners ETF|78.00|0.30|GOLD 1.5|0.38|0.40x1|22|330|weekly|y|-
"""

# symbol|name|price|beta|loads|iv|yield|cycle
_INDICES = """
SPX|S&P 500 Index|6620.00|1|-|0.165|0.0125|index
XSP|Mini S&P 500 Index|662.00|1|-|0.165|0.0125|index
NDX|NASDAQ 100 Index|24730.00|1.08|TECH 0.55 SEMI 0.1|0.21|0.0070|index
RUT|Russell 2000 Index|2432.00|1.08|SMAL 1.0|0.23|0.0130|index
DJX|1/100 Dow Jones Industrial Average Index|468.00|0.88|INDU 0.2 FIN 0.2|0.15|0.0160|index
VIX|Cboe Volatility Index|17.50|0|-|0.95|0|vix
"""


def _loads(text: str) -> tuple[tuple[str, float], ...]:
    words = [] if text == "-" else text.split()
    return tuple((words[i], float(words[i + 1])) for i in range(0, len(words), 2))


def _dividend(text: str) -> tuple[float, int]:
    amount, _, times = text.partition("x")
    return float(amount), int(times or 0)


def _share(line: str) -> Underlying:
    symbol, name, market, price, beta, loads, iv, paid, adv, shares, eps, cycle, penny = line.split(
        "|"
    )
    dividend, frequency = _dividend(paid)
    return Underlying(
        symbol, "Equity", name, market, float(price), float(beta), _loads(loads), float(iv),
        dividend, frequency, float(adv) * 1e6, float(shares) * 1e6, float(eps), cycle,
        penny == "y", reports=True,
    )  # fmt: skip


def _fund(line: str) -> Underlying:
    symbol, name, price, beta, loads, iv, paid, adv, shares, cycle, penny, tracks = line.split("|")
    dividend, frequency = _dividend(paid)
    parent = None if tracks == "-" else (tracks.split()[0], float(tracks.split()[1]))
    return Underlying(
        symbol, "ETF", name, "XNAS" if symbol in ("QQQ", "SMH", "IBIT", "TLT") else "ARCX",
        float(price), float(beta), _loads(loads), float(iv), dividend, frequency,
        float(adv) * 1e6, float(shares) * 1e6, 0.0, cycle, penny == "y", parent,
    )  # fmt: skip


def _index(line: str) -> Underlying:
    symbol, name, price, beta, loads, iv, paid, cycle = line.split("|")
    parent = {"XSP": ("SPX", 0.1), "DJX": ("DIA", 1.0)}.get(symbol)
    return Underlying(
        symbol, "Index", name, "OTC", float(price), float(beta), _loads(loads), float(iv),
        float(paid) * float(price), 1, 0.0, 0.0, 0.0, cycle, symbol == "XSP", parent,
    )  # fmt: skip


def load() -> dict[str, Underlying]:
    """All shares, funds and indices by symbol."""
    rows = [_share(line) for line in _SHARES.strip().splitlines()]
    rows += [_fund(line) for line in _FUNDS.strip().splitlines()]
    rows += [_index(line) for line in _INDICES.strip().splitlines()]
    return {row.symbol: row for row in rows}
