"""Record and review: the player, the queue, decisions, exports, seats."""
