"""Operators; nothing of one company's tables is in them: tables, SQL, keys and checks are arguments."""
