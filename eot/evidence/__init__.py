"""How sure are we: rates with intervals, controls on the same views, and checks that distrust them."""
