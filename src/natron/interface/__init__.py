"""Metal | ceramic: pressing, contact, voids, liquid alloys, evaporation, flaws and survival."""
