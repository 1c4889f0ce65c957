"""How the weights of this repository came to be. No part of the product."""
