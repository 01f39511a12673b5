"""The facts by subject: a module an area, its docstring's first line the heading, its CASES in the order of telling."""
