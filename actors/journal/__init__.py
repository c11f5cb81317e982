"""The journal: what decided a text, and everything that is made of it again."""
