"""Suggesting the category of a message, learned from closed cases.

Pure: no clock, no database, no chance. `usecases` feed the model and ask it, `benchmarks/suggestion.py` measures it.
A suggestion is shown to people; nothing in here, and nobody who calls it, sets a category.
"""
