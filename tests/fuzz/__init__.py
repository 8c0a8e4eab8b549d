"""Readers of foreign input, and what must hold whatever they are given.

A module per reader, with ``seeds()``, real-like input by the synthetic writers of the tests, and
``check(data, folder)``, which raises where something does not hold. Three use them: Hypothesis
(``test_properties_instruments.py``), Atheris (``run.py``), and ``test_fuzz_corpus.py``, which
replays the kept inputs in ``corpus/``.
"""

#: Readers there are, each a module here and a folder in ``corpus/``.
TARGETS = ("lst", "ctx", "edg", "cla", "adc", "hdr", "label")
