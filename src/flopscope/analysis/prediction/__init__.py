"""A trace and a device to the time that the one takes on the other."""
