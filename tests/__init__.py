"""The specification: a folder for each package, and `whole` for the instrument end to end."""
