"""One client's session: what it asks, what the backend answers, and what the front does itself."""
