"""The positions page: what is held, grouped, filtered, in columns of the person's choice."""
