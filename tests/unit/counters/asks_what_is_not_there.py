"""A counter whose tool is not installed."""

import nowhere  # type: ignore[import-not-found]  # that is the point

count = nowhere.count
