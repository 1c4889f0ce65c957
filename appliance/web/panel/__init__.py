"""The box's front on a page, and what its button opens for the lab's computers: pairing without a card."""
