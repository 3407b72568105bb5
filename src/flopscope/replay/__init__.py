"""An exported program to a model that runs it, module by module as the original was written."""
