"""What an intruder does, one act each; variants put them in a row."""
