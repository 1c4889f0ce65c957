"""Evidence on its way upstream: the store (a port), bundles, signed manifests, the outbox, and the check of it all."""
