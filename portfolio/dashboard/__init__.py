"""The dashboard beside its account cards: gains by date, Greeks, what comes, what needs a look."""
