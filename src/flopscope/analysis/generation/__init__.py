"""The traces of a model's calls with a cache to what generating costs, and how fast it could be."""
