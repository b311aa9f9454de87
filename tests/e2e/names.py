"""File names of keys, as DESIGN 4.1 and fs/name.h say, in a second language."""

from decimal import Decimal

LONGEST = 255


def string_name(value):
    """Of a string, without suffix; not for values that would be over-long."""
    out = bytearray()
    for at, byte in enumerate(value.encode()):
        first = at == 0 and byte in b".-"
        if byte in b"/%" or byte < 0x20 or byte == 0x7F or first:
            out += b"%%%02X" % byte
        else:
            out.append(byte)
    return out.decode()


def number_text(value):
    """DynamoDB's canonical decimal: no exponent, no zeros at the ends."""
    value = Decimal(value)
    if value == 0:
        return "0"
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def number_name(value):
    return number_text(value).replace("-", "%2D")


def binary_name(value):
    return value.hex()


def is_over_long(name, suffix=".json"):
    return len((name + suffix).encode()) > LONGEST
