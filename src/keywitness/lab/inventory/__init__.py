"""What an investigator would be given beside the logs: exports of the simulated tenant, from before and after.

Nothing here is invented that a log contradicts: who was let in has a grant, who was refused has none, and the state at
the end is the one before with all acts of the Activity Log and Entra done to it. It shares no code with what reads it.
"""
