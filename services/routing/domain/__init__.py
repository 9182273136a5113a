"""What routing decides, as pure functions: no clock, no network, no database."""
