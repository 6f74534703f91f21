"""What we remember: the ledger and its queues, catalogues, objects, accounts."""
