#!/usr/bin/env python3
"""Writes the table of Unicode properties that the tokenizer reads.

The tokenizer must cut a text in the same way on every Java runtime, and each runtime knows another
version of Unicode. So the properties it needs are fixed here, at the version that the golden values
of the tokenizer were made with: 14.0, which is what Python 3.11 has.

    python3.11 tools/unicode_table.py          writes src/mmib/src/main/resources/dev/mmib/text/unicode-14.txt
    python3.11 tools/unicode_table.py digests  prints what UnicodeTableTest expects

Lines of the table, numbers in hexadecimal, ranges inclusive:

    k KIND FROM TO        kind of code point: C control, format, surrogate, private or unassigned;
                          Z space separator; P punctuation; M non-spacing mark (general categories
                          C*, Zs, P*, Mn); what is not listed is of no kind
    s FROM TO             white space in the sense of Python's str.isspace
    l FROM TO STEP DELTA  every STEP-th code point from FROM to TO becomes itself + DELTA (decimal)
                          when lower-cased
    L FROM TO...          one code point becomes several when lower-cased
    c CLASS FROM TO       canonical combining class (decimal), where it is not 0
    d FROM TO...          full canonical decomposition (Hangul syllables are computed, not listed)
"""

import hashlib
import os
import sys
import unicodedata

VERSION = "14.0.0"
LAST = 0x10FFFF
HANGUL = range(0xAC00, 0xD7A4)
TARGET = "src/mmib/src/main/resources/dev/mmib/text/unicode-14.txt"


def kind(c):
    category = unicodedata.category(chr(c))
    if category[0] in "CP":
        return category[0]
    return {"Zs": "Z", "Mn": "M"}.get(category, "")


def ranges(value):
    """Runs of code points with one value, the empty value left out."""
    start, current = 0, value(0)
    for c in range(1, LAST + 2):
        v = value(c) if c <= LAST else None
        if v != current:
            if current:
                yield current, start, c - 1
            start, current = c, v


def lower_runs():
    """Runs of simple lower-case mappings with one distance, one or two code points apart."""
    simple = [(c, ord(chr(c).lower()) - c) for c in range(LAST + 1)
              if len(chr(c).lower()) == 1 and chr(c).lower() != chr(c)]
    i = 0
    while i < len(simple):
        start, delta = simple[i]
        step, j = 1, i
        if i + 1 < len(simple) and simple[i + 1][1] == delta and simple[i + 1][0] - start in (1, 2):
            step = simple[i + 1][0] - start
            while j + 1 < len(simple) and simple[j + 1] == (simple[j][0] + step, delta):
                j += 1
        yield start, simple[j][0], step, delta
        i = j + 1


def hexes(text):
    return " ".join(f"{ord(ch):X}" for ch in text)


def table():
    yield f"# Unicode {VERSION}, written by tools/unicode_table.py, which explains the lines."
    for k, a, b in ranges(kind):
        yield f"k {k} {a:X} {b:X}"
    for _, a, b in ranges(lambda c: chr(c).isspace()):
        yield f"s {a:X} {b:X}"
    for a, b, step, delta in lower_runs():
        yield f"l {a:X} {b:X} {step} {delta}"
    for c in range(LAST + 1):
        if len(chr(c).lower()) > 1:
            yield f"L {c:X} {hexes(chr(c).lower())}"
    for k, a, b in ranges(lambda c: unicodedata.combining(chr(c))):
        yield f"c {k} {a:X} {b:X}"
    for c in range(LAST + 1):
        nfd = unicodedata.normalize("NFD", chr(c))
        if nfd != chr(c) and c not in HANGUL:
            yield f"d {c:X} {hexes(nfd)}"


def random_text(state):
    """A few code points, many of them combining, by a generator that Java repeats."""
    out = []
    for _ in range(8):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        n = state >> 33
        if n % 4 == 0:
            c = 0x300 + n // 4 % 0x70
        elif n % 4 == 1:
            c = n // 4 % 0x3000
        elif n % 4 == 2:
            c = 0xAC00 + n // 4 % 0x2BA4
        else:
            c = n // 4 % 0x110000
        if not 0xD800 <= c < 0xE000:
            out.append(chr(c))
    return "".join(out), state


def digests():
    """What Java has to agree with: every code point, and the decomposition of random texts."""
    properties = hashlib.sha256()
    for c in range(LAST + 1):
        ch = chr(c)
        properties.update(
            f"{c:X};{kind(c)};{int(ch.isspace())};{hexes(ch.lower())};{unicodedata.combining(ch)};"
            f"{hexes(unicodedata.normalize('NFD', ch))}\n".encode())
    nfd, state = hashlib.sha256(), 14
    for _ in range(100_000):
        text, state = random_text(state)
        nfd.update((hexes(unicodedata.normalize("NFD", text)) + "\n").encode())
    return properties.hexdigest(), nfd.hexdigest()


def main():
    if unicodedata.unidata_version != VERSION:
        sys.exit(f"this Python has Unicode {unicodedata.unidata_version}; Python 3.11 has {VERSION}")
    if sys.argv[1:] == ["digests"]:
        print(*digests(), sep="\n")
        return
    root = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    path = os.path.join(root, TARGET)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii", newline="\n") as out:
        out.writelines(line + "\n" for line in table())


if __name__ == "__main__":
    main()
