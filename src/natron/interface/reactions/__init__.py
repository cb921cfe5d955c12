"""What a metal reduces: ladders of potentials, leakage, interphases that grow, lifetimes."""
