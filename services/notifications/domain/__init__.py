"""Which event leads to which message: pure decisions."""
