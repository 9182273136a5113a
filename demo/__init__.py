"""Customers' cases, played through the four services' public doors for everybody to watch."""
