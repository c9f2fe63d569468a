#!/usr/bin/env python3
"""Checks that HuggingFace's BertModel.from_pretrained can read a model directory.

    python3 tools/bert_export.py DIR

Reads config.json, vocab.txt and model.safetensors by the standard library alone, in ways of its own,
and compares names, shapes and types with what BertModel has. Where `transformers` and `torch` are
installed, the real BertModel and BertTokenizer load the directory too. Prints one JSON object: what
is wrong ("problems"), the CRC-32 of every tensor that BertModel takes, and whether the real one was
there. Ends with 1 if something is wrong.
"""

import json
import os
import struct
import sys
import zlib

WIDTHS = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
FLOATS = ("F32", "F16", "BF16")
PREFIX = "bert."


def expected(config):
    """Names and shapes of BertModel's state_dict, without buffers."""
    hidden = config["hidden_size"]
    inner = config["intermediate_size"]
    shapes = {
        "embeddings.word_embeddings.weight": [config["vocab_size"], hidden],
        "embeddings.position_embeddings.weight": [config["max_position_embeddings"], hidden],
        "embeddings.token_type_embeddings.weight": [config["type_vocab_size"], hidden],
    }

    def linear(name, rows, cols):
        shapes[name + ".weight"] = [rows, cols]
        shapes[name + ".bias"] = [rows]

    def norm(name):
        shapes[name + ".weight"] = [hidden]
        shapes[name + ".bias"] = [hidden]

    norm("embeddings.LayerNorm")
    for i in range(config["num_hidden_layers"]):
        layer = "encoder.layer.%d." % i
        for part in ("query", "key", "value"):
            linear(layer + "attention.self." + part, hidden, hidden)
        linear(layer + "attention.output.dense", hidden, hidden)
        norm(layer + "attention.output.LayerNorm")
        linear(layer + "intermediate.dense", inner, hidden)
        linear(layer + "output.dense", hidden, inner)
        norm(layer + "output.LayerNorm")
    linear("pooler.dense", hidden, hidden)
    return shapes


def read_safetensors(path, problems):
    """Entries and bytes of a file, by the format's own description."""
    with open(path, "rb") as file:
        data = file.read()
    (length,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + length].decode("utf-8"))
    metadata = header.pop("__metadata__", {})
    if metadata.get("format") != "pt":
        problems.append("the metadata has no format 'pt', which transformers asks for")
    body = data[8 + length :]
    at = 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, end = entry["data_offsets"]
        size = WIDTHS[entry["dtype"]]
        for extent in entry["shape"]:
            size *= extent
        if begin != at or end - begin != size:
            problems.append("%s: offsets %d to %d, expected %d to %d" % (name, begin, end, at, at + size))
        at = end
    if at != len(body):
        problems.append("%d bytes after the last tensor" % (len(body) - at))
    return header, body


def check_config(config, problems):
    if config.get("model_type") != "bert":
        problems.append("model_type is %r" % config.get("model_type"))
    for field in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
                  "max_position_embeddings", "type_vocab_size", "pad_token_id"):
        value = config.get(field)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            problems.append("%s is %r" % (field, value))
    if not problems and config["hidden_size"] % config["num_attention_heads"]:
        problems.append("num_attention_heads does not divide hidden_size")
    if config.get("hidden_act") not in ("gelu", "gelu_new", "gelu_pytorch_tanh", "relu"):
        problems.append("hidden_act is %r" % config.get("hidden_act"))


def check_vocabulary(directory, config, problems):
    with open(os.path.join(directory, "vocab.txt"), encoding="utf-8") as file:
        tokens = [line.rstrip("\n") for line in file]
    if len(tokens) > config["vocab_size"]:
        problems.append("%d tokens, vocab_size is %d" % (len(tokens), config["vocab_size"]))
    for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]"):
        if token not in tokens:
            problems.append("vocab.txt lacks " + token)


def check_tensors(header, body, config, problems):
    checksums = {}
    for name, shape in expected(config).items():
        entry = header.get(PREFIX + name)
        if entry is None:
            problems.append("no tensor " + PREFIX + name)
        elif entry["shape"] != shape or entry["dtype"] not in FLOATS:
            problems.append("%s is %s %s, expected %s" % (PREFIX + name, entry["dtype"], entry["shape"], shape))
        else:
            begin, end = entry["data_offsets"]
            checksums[PREFIX + name] = zlib.crc32(body[begin:end])
    unknown = [n for n in header if n.startswith(PREFIX) and n[len(PREFIX) :] not in expected(config)]
    if unknown:
        problems.append("BertModel does not know " + ", ".join(sorted(unknown)[:8]))
    return checksums


def load_for_real(directory, problems):
    """Loads the directory with transformers; False where it is not installed."""
    try:
        import torch  # noqa: F401
        from transformers import BertModel, BertTokenizer
    except ImportError:
        return False
    _, report = BertModel.from_pretrained(directory, output_loading_info=True)
    missing = [name for name in report["missing_keys"] if "position_ids" not in name]
    if missing or report["mismatched_keys"]:
        problems.append("transformers misses %s, mismatched %s" % (missing, report["mismatched_keys"]))
    BertTokenizer.from_pretrained(directory)
    return True


def main(directory):
    problems = []
    checksums = {}
    real = False
    try:
        with open(os.path.join(directory, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        check_config(config, problems)
        header, body = read_safetensors(os.path.join(directory, "model.safetensors"), problems)
        if not problems:
            check_vocabulary(directory, config, problems)
            checksums = check_tensors(header, body, config, problems)
        if not problems:
            real = load_for_real(directory, problems)
    except (OSError, ValueError, KeyError, struct.error) as error:
        problems.append("%s: %s" % (type(error).__name__, error))
    print(json.dumps({"problems": problems, "crc32": checksums, "transformers": real}))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
