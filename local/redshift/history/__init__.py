"""What sessions have run: they tell it, a process of its own writes it, STL, SVL and SYS views show it."""
