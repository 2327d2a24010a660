"""How much a check may spend: seconds of work, or images put through the victim."""

import re
from dataclasses import dataclass

from eot.check.ledger import Ledger
from renders.errors import InputError

UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0}
FORM = re.compile(r"^(\d+(?:\.\d+)?)(s|m|h|calls)$")


@dataclass(frozen=True)
class Budget:
    """Limits; what was spent before a resume counts. It is looked at between batches."""

    seconds: float = float("inf")
    calls: float = float("inf")

    @staticmethod
    def of(text: str) -> "Budget":
        """The budget in `600s`, `10m`, `2h` or `100000calls`; empty = no limit."""
        if not text:
            return Budget()
        match = FORM.match(text)
        if match is None:
            raise InputError(f"--budget: expected 600s, 10m, 2h or 100000calls; got {text!r}")
        amount, unit = float(match[1]), match[2]
        return Budget(calls=amount) if unit == "calls" else Budget(seconds=amount * UNITS[unit])

    def spent(self, ledger: Ledger) -> bool:
        """Whether nothing is left."""
        return ledger.seconds >= self.seconds or ledger.calls >= self.calls
