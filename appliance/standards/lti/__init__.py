"""LTI 1.3 and Proctoring Services 1.0 (1EdTech): the box is the proctoring tool."""
