"""How fast and how exact: measured on one core, in CPU time, beside what it is compared with."""
