"""Data quality: checks declared as data, measured in one scan a table, reported so that a person can act on them."""
