"""What every Ciclo service stands on: one way in (the engine), one way out (the relay), and the edge."""
