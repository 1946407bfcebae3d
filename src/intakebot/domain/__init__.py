"""What a case is and what may happen to it: plain values and pure decisions, standard library only.

Everybody above imports from here; this room imports nobody.
"""
