"""One network with many styles: the paper's other plan for more voices than four (paper 3.1)."""

MOST_VOICES = 64  # styles that one monolith knows
