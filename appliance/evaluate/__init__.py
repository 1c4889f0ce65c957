"""How well detection does on labelled footage: replay through the live path, matching, rates with their bounds."""
