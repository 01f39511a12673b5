"""What the stand-in shares with Redshift: one case a fact, run with two drivers, and the table made of them."""
