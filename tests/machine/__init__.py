"""A machine that plays random members of two servers, and checks after every step what must always hold."""
