"""Many hands, one mix: pure, with time as an argument."""
