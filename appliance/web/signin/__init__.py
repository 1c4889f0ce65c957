"""How people come in and what they may change about it: sign-in in one or two steps, passkeys, recovery codes, waits
after wrong guesses, sessions, the site's own sign-in, and the administrator's page of people."""
