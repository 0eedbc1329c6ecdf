"""Who cannot read a vault but can make himself able to, step by step."""
