"""Training of the networks that ship, each in a child process that can be stopped and goes on."""
