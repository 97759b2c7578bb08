"""Looking after the program: is it well, what did its runs do, what may be thrown away."""
