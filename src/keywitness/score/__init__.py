"""How well attacks are found: simulated logs through the whole line, against their truth."""
