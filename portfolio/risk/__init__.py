"""The risk of what is held: the book re-priced under other prices, dates and volatilities.

`inputs` reads what scenarios need beside the desk (volatility figures, betas, styles, the rate);
`book` joins desk, valuation and inputs into arrays; `choices` are the page's wishes; `basket` adds
what is not held yet; `curves`, `grids`, `tables`, `expected` and `explained` make ready values for
the page that `page` puts together. Nothing of it needs a request.
"""
