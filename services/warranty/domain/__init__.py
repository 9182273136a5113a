"""The rules of warranty, pure functions of what is given. Start at `trial`, then `coverage`."""
