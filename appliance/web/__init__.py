"""The web process: pages, API, Socket.IO, and the one writer of the ledger."""
