"""Draws grad L = 0, as four signs of 1 on a ground of 0, into 41 x 41 values: the picture that
picture.json plants into a loss surface. Row 0 is the lower edge.

    python3 picture.py > picture.csv
"""

N = 41


def gradient(x, y):
    """A triangle on its tip, its sides two wide."""

    def inside(x, y, shrink):
        return y <= 17 - shrink and abs(x - 9) <= (y - 1) / 2 - 1.1 * shrink

    return inside(x, y, 0) and not inside(x, y, 2.2)


def letter(x, y):
    return 3 <= x <= 15 and (1 <= y <= 3 or (x <= 5 and y <= 17 and y >= 1))


def equals(x, y):
    return 2 <= x <= 16 and (5 <= y <= 7 or 11 <= y <= 13)


def zero(x, y):
    r = ((x - 9) / 6.2) ** 2 + ((y - 9) / 8.4) ** 2
    return r <= 1 and ((x - 9) / 3.4) ** 2 + ((y - 9) / 5.6) ** 2 > 1


def value(x, y):
    sign = {(0, 1): gradient, (1, 1): letter, (0, 0): equals, (1, 0): zero}
    right, upper = int(x > 20), int(y > 20)
    return int(sign[right, upper](x - 1 - 20 * right, y - 1 - 20 * upper))


for y in range(N):
    print(",".join(str(value(x, y)) for x in range(N)))
