"""Proving evidence without the box: `appliance verify`."""
