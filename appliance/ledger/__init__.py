"""The ledger: what happened, hash-chained, in SQLite; the one writer, its socket, and clients of it."""
