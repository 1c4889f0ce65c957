"""What a bundle is, for who makes it, who copies it and who proves it: manifest, chain, signatures."""
