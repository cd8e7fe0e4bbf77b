"""Numbers as a digit or a few times a power of ten."""

SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def power(x, decimals=0):
    r"""A number as formulas write it, such as ``$4 \cdot 10^{-8}$``; 0 is ``0``."""
    if not x:
        return "0"
    digits, exponent = f"{x:.{decimals}e}".split("e")
    return rf"${digits} \cdot 10^{{{int(exponent)}}}$"


def short(x, high=1e4, decimals=1):
    """A number in three digits, or below 0.01 and from ``high`` on as ``power`` writes it."""
    return f"{x:.3g}" if 1e-2 <= x < high else power(x, decimals)


def ten_to(exponent):
    """A power of ten as text writes it, without a formula, such as ``10⁻⁸``."""
    return "10" + str(exponent).translate(SUPERSCRIPTS)


def raised(x):
    """A number of one digit as text writes it, such as ``4·10⁻⁸``."""
    digit, exponent = f"{x:.0e}".split("e")
    return f"{digit}·{ten_to(int(exponent))}"
