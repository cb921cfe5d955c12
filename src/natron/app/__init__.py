"""The command line: parse, call, print. No physics here."""
