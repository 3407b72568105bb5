"""From what the user named and typed to a model and its inputs."""
