"""The setup page: a bare box becomes a lab's in six short steps, once, by a person with no training (docs/setup.md)."""
