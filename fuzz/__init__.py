"""Hostile input for every parser that a client reaches: nothing crashes, nobody gets in, nothing is slow."""
