"""How a bare box becomes a lab's: seed, first boot, steward, self-test, reset."""
