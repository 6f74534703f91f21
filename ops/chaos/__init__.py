"""`muniment chaos`: break an installation of its own at random, and account for every request."""
