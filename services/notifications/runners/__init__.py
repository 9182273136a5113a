"""The calls to the outside: contact data from intake's vault, letters to the mail server."""
