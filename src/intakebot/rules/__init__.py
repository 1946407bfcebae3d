"""The rules: what an operator wrote decides what becomes of a message.

Called by the use cases with facts that were read and looked up elsewhere. Everything here is pure: facts and
a ruleset in, a decision with its reasons out. `load` reads the file format, `decide` gives it its meaning.
"""
