"""Questions asked of a finished trace or profile: pure functions from one record to the next."""
