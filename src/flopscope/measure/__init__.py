"""Real forward passes on a real device: how long they take and whether they fit."""
