"""What makes a cell short: voids, flaws, virtual cells and what they predict."""
