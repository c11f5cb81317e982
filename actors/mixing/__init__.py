"""The mathematics of a character (paper 2): pure functions of arrays."""
