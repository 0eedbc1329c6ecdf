"""What holds for all tests."""

from hypothesis import settings

# A busy machine is no fault of the code: time is measured in benchmarks, not by a deadline of 200 ms per example.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
