"""Statistics: what is counted of the ledger, kept in step with it, and proved against it."""
