"""`python -m tests.warehouse.conformance`: write the conformance table."""

from tests.warehouse.conformance.document import write

write()
