"""natron: the open bench for solid-state sodium cells."""
