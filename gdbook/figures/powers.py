"""Numbers as a digit or a few times a power of ten."""


def power(x, decimals=0):
    r"""A number as formulas write it, such as ``$4 \cdot 10^{-8}$``; 0 is ``0``."""
    if not x:
        return "0"
    digits, exponent = f"{x:.{decimals}e}".split("e")
    return rf"${digits} \cdot 10^{{{int(exponent)}}}$"


def raised(x):
    """A number of one digit as text writes it, without a formula, such as ``4·10⁻⁸``."""
    digit, exponent = f"{x:.0e}".split("e")
    return f"{digit}·10" + str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
