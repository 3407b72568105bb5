"""Many points of one model or of several: the rows of a sweep, and which of them are best."""
