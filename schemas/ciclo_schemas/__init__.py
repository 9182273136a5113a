"""The events that Ciclo's services publish and read: the one thing other teams install."""
