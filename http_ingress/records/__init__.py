"""`/records`: a store of computational runs for the clients of Sumatra Server."""
