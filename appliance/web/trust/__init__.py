"""The way into the box for a device: which certificate it has to trust, how, and whether it does (`/trust`); and for
central IT, whose certificate the box shows (`/box/certificate`)."""
