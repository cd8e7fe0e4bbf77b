"""Stands in for ``operator``."""


def add(a, b):
    return a + b


def sub(a, b):
    return a - b


def mul(a, b):
    return a * b


def truediv(a, b):
    return a / b


def neg(a):
    return -a


def pow(a, b):
    return a**b
