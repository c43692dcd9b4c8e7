"""The demo lab: simulated instrument files with their truth, made by physical models of our own."""
