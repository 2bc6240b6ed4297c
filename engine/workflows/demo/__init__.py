"""The demonstration store: a case, its codes and its labels, all simulated."""
