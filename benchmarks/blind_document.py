"""The document of the blind test."""


def document(rows, libraries):
    return ""
