"""The colours of road signs as sRGB hex: what a new sheet of sheeting looks like in neutral daylight.

MUTCD colours follow the Pantone matches FHWA gives for sign software (187 red, 116 yellow, 152 orange, 382
fluorescent yellow-green); Vienna colours follow the RAL traffic colours (3020 red, 5017 blue, 1023 yellow).
White and black are kept off the ends of the range: no sheeting reflects everything or nothing.
"""

WHITE = "#f4f4f0"
BLACK = "#1e1e20"

US_RED = "#b01c2e"
US_YELLOW = "#ffcd00"
US_ORANGE = "#ee7a00"
US_YELLOW_GREEN = "#c4d600"
SIGNAL_GREEN = "#00845a"

EU_RED = "#c8141e"
EU_BLUE = "#005b9f"
EU_YELLOW = "#f7b800"
EU_GREY = "#a4a8aa"
