"""What surrounds the pages: window, commands, jobs, errors, theme."""
