"""Models of many libraries, drawn by lot: how each is built, and what it is given.

What each library lists of its own accord is its population, and where that is more than a dozen or
so the models were drawn from it by ``random.Random(library).sample``. A model is built as its
documentation shows it, with sizes that a laptop can run.
"""

from benchmarks.blind_models import generative, graphs, language, layers, medical, series, vision
from benchmarks.blind_models.library import Library

LIBRARIES: tuple[Library, ...] = (
    *vision.LIBRARIES,
    *medical.LIBRARIES,
    *generative.LIBRARIES,
    *language.LIBRARIES,
    *layers.LIBRARIES,
    *series.LIBRARIES,
    *graphs.LIBRARIES,
)
