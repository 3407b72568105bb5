"""Cost as a function of sizes: exact laws, found from counts at single sizes and held against more.

Nothing here knows what is counted: it asks a function for figures at a point.
"""
