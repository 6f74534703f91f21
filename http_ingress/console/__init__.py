"""`/admin/`: what operators decide about components, users and tokens, with a browser."""
