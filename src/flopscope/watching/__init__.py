"""A model that is trained or called by somebody's script, to what its steps cost and achieve."""
