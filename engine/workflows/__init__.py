"""One function per action of a person: it loads, calls and records. The window and the command line call only these."""
