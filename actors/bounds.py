"""What may be asked of a performance: the words and the ranges that both sides of the wire know. Imports nothing."""

FALLS = ("now", "word", "line", "sentence", "beat")  # where in the text a move begins
UNITS = ("char", "word", "line")  # what begins on the beat
POOLINGS = ("linear", "log-linear", "hand-over")  # how rows become ρ
COLDEST, HOTTEST = 0.1, 4.0  # temperatures
SLOWEST_BPM, FASTEST_BPM = 20.0, 400.0
WIDEST, DEEPEST = 16, 16  # hypotheses of a search, and their characters
LEAST_TOP_P = 0.05
BOLDEST = 2.0  # of a search
