"""How fast and how exact: every figure is measured on one core, in CPU time, beside what it is compared with."""
