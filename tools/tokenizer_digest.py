#!/usr/bin/env python3
"""Prints what TokenizerDigestTest expects: digests of the ids that HuggingFace's tokenizer gives.

    python3.11 tools/tokenizer_digest.py VOCAB.txt COUNT

Makes COUNT random texts by a generator that Java repeats: pieces of the vocabulary, special tokens
and their look-alikes, accents, code points of every plane. Cuts them with the slow, uncased
BertTokenizer that has the four relation markers, and hashes the ids. Needs `transformers` 4.x (5
has no slow tokenizer any more) and Python 3.11, whose Unicode is 14.0.
"""

import hashlib
import sys
import unicodedata

SPECIAL = ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]", "<s>", "</s>", "<o>", "</o>", "[cls]", "<S>",
           "\u00a0", "\u200b", "\ufe0f", "\n", "\t", "#", "##", "'", "\u00df", "\u0130", "\u03a3",
           "\u1e9e", "[", "]", "\u2028", "\ufffd", "\u0000"]


class Source:
    def __init__(self, seed):
        self.state = seed

    def below(self, bound):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


def code_point(c):
    return "" if 0xD800 <= c < 0xE000 else chr(c)


def text(source, vocabulary):
    out = []
    for _ in range(1 + source.below(12)):
        kind = source.below(10)
        if kind < 3:
            out.append(vocabulary[source.below(len(vocabulary))])
        elif kind == 3:
            out.append(chr(0x20 + source.below(0x230)))
        elif kind == 4:
            out.append(code_point(source.below(0x110000)))
        elif kind == 5:
            out.append(chr(0x300 + source.below(0x70)))
        elif kind == 6:
            out.append(" ")
        elif kind == 7:
            out.append(SPECIAL[source.below(len(SPECIAL))])
        elif kind == 8:
            out.append(chr(0x250 + source.below(0x2DB0)))
        else:
            out.append(code_point(0x3000 + source.below(0xCE00)))
        if source.below(3) == 0:
            out.append(" ")
    return "".join(out)


def main():
    from transformers import BertTokenizer

    if unicodedata.unidata_version != "14.0.0":
        sys.exit(f"this Python has Unicode {unicodedata.unidata_version}; Python 3.11 has 14.0.0")
    path, count = sys.argv[1], int(sys.argv[2])
    with open(path, encoding="utf-8", newline="\n") as lines:
        vocabulary = [line.rstrip("\n") for line in lines]
    tokenizer = BertTokenizer(path, do_lower_case=True)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<s>", "</s>", "<o>", "</o>"]})
    source, digest = Source(22), hashlib.sha256()
    for _ in range(count):
        ids = tokenizer.convert_tokens_to_ids(tokenizer.tokenize(text(source, vocabulary)))
        digest.update((",".join(map(str, ids)) + "\n").encode())
    print(len(vocabulary), digest.hexdigest())


if __name__ == "__main__":
    main()
