"""How the box is made ready for other machines: package, image, licences. No part of the installed box."""
