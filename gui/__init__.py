"""The window: shows state and starts jobs; computes nothing."""
