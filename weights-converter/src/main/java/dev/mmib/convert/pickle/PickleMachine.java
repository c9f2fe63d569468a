package dev.mmib.convert.pickle;

import dev.mmib.convert.pickle.PickleValue.Dictionary;
import dev.mmib.convert.pickle.PickleValue.Global;
import dev.mmib.convert.pickle.PickleValue.None;
import dev.mmib.convert.pickle.PickleValue.Sequence;
import dev.mmib.convert.pickle.PickleValue.Text;
import dev.mmib.convert.pickle.PickleValue.Tuple;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Carries out a pickle's instructions on plain values.
 *
 * <p>Protocols 0 to 5. Names are looked up in {@link Constructors} and nowhere else; nothing is
 * made for a length before that is compared with the bytes left.
 */
public final class PickleMachine {

  private static final int NEWEST_PROTOCOL = 5;
  private static final int LONGEST_NAME = 1024;
  private static final String PLAIN = "Save tensors, containers, numbers and strings only";

  private final PickleReader reader;
  private final Constructors constructors;
  private final Budget budget;
  private final PickleStack stack = new PickleStack();
  private final Map<Integer, PickleValue> memo = new HashMap<>();
  private long operations;
  private long text;
  private int containers;

  private PickleMachine(PickleReader reader, Constructors constructors, Budget budget) {
    this.reader = reader;
    this.constructors = constructors;
    this.budget = budget;
  }

  /** Reads one pickle within the default budget and leaves the reader just past its end. */
  public static PickleValue read(PickleReader reader, Constructors constructors) {
    return read(reader, constructors, Budget.DEFAULT);
  }

  /** Reads one pickle and leaves the reader just past its end. */
  public static PickleValue read(PickleReader reader, Constructors constructors, Budget budget) {
    try {
      return new PickleMachine(reader, constructors, budget).run();
    } catch (Refusal e) {
      throw reader.refused(e);
    }
  }

  private PickleValue run() throws Refusal {
    for (var opcode = next(); opcode != Opcode.STOP; opcode = next()) {
      step(opcode);
    }
    var result = stack.pop(Opcode.STOP);
    if (stack.height() > 0 || stack.hasMarks()) {
      throw Refusal.damaged("STOP leaves values on the stack");
    }
    Nesting.check(result, budget);
    return result;
  }

  private Opcode next() throws Refusal {
    if (reader.left() <= 0) {
      throw Refusal.damaged("ends without STOP");
    }
    int code = reader.opcode();
    var opcode = Opcode.of(code);
    if (opcode == null) {
      throw Refusal.damaged(String.format("0x%02x is no instruction", code));
    }
    spendOperations(1);
    return opcode;
  }

  private void step(Opcode opcode) throws Refusal {
    switch (opcode) {
      case PROTO -> protocol(reader.unsigned1());
      case FRAME -> reader.requireLeft(reader.signed8());
      case MARK -> stack.mark();
      case POP -> stack.drop(opcode);
      case POP_MARK -> stack.popToMark(opcode);
      case DUP -> stack.push(stack.top(opcode));
      case NONE -> stack.push(None.NONE);
      case NEWTRUE, NEWFALSE, INT, BININT, BININT1, BININT2, LONG, LONG1, LONG4, FLOAT, BINFLOAT ->
          stack.push(Numbers.read(opcode, reader));
      case STRING, BINSTRING, SHORT_BINSTRING, UNICODE, BINUNICODE, SHORT_BINUNICODE, BINUNICODE8 ->
          stack.push(new Text(string(opcode)));
      case EMPTY_TUPLE -> stack.push(Tuple.EMPTY);
      case TUPLE, TUPLE1, TUPLE2, TUPLE3, EMPTY_LIST, LIST, EMPTY_DICT, DICT ->
          stack.push(container(opcode));
      case APPEND, APPENDS, SETITEM, SETITEMS -> grow(opcode);
      case GET, BINGET, LONG_BINGET -> stack.push(remembered(opcode));
      case PUT, BINPUT, LONG_BINPUT, MEMOIZE -> remember(opcode);
      case GLOBAL -> stack.push(constructors.named(new Global(name(), name())));
      case STACK_GLOBAL -> stack.push(constructors.named(stackName(opcode)));
      case REDUCE -> reduce(opcode);
      case BUILD -> build(opcode);
      case PERSID -> stack.push(constructors.persistent(new Text(name())));
      case BINPERSID -> stack.push(constructors.persistent(stack.pop(opcode)));
      default -> throw notRead(opcode);
    }
  }

  private static void protocol(int version) throws Refusal {
    if (version > NEWEST_PROTOCOL) {
      throw Refusal.unsupported(
          "pickle protocol " + version, "Protocols 0 to " + NEWEST_PROTOCOL + " are read");
    }
  }

  private Refusal notRead(Opcode opcode) throws Refusal {
    return switch (opcode) {
      case INST -> Refusal.forbidden(new Global(name(), name()), PLAIN);
      case OBJ, NEWOBJ, NEWOBJ_EX, EXT1, EXT2, EXT4 ->
          Refusal.forbidden(opcode + " makes an object of a class", PLAIN);
      default -> Refusal.unsupported(opcode + " makes bytes or a set", PLAIN);
    };
  }

  private String string(Opcode opcode) throws Refusal {
    return switch (opcode) {
      case SHORT_BINSTRING, SHORT_BINUNICODE -> Texts.utf8(bytes(reader.unsigned1()));
      case BINSTRING -> Texts.utf8(bytes(reader.signed4()));
      case BINUNICODE -> Texts.utf8(bytes(Integer.toUnsignedLong(reader.signed4())));
      case BINUNICODE8 -> Texts.utf8(bytes(reader.signed8()));
      case STRING -> Texts.quoted(line());
      default -> Texts.rawUnicode(line());
    };
  }

  private byte[] bytes(long count) throws Refusal {
    reader.requireLeft(count);
    spendText(count);
    return reader.bytes(count);
  }

  private byte[] line() throws Refusal {
    var line = reader.line((int) (budget.text() - text));
    spendText(line.length);
    return line;
  }

  private String name() throws Refusal {
    var line = reader.line(LONGEST_NAME);
    spendText(line.length);
    return Texts.utf8(line);
  }

  private Global stackName(Opcode opcode) throws Refusal {
    var both = stack.pop(2, opcode);
    if (both.get(0) instanceof Text module && both.get(1) instanceof Text name) {
      return new Global(module.value(), name.value());
    }
    throw Refusal.damaged("STACK_GLOBAL wants two strings");
  }

  private PickleValue container(Opcode opcode) throws Refusal {
    spendContainer();
    return switch (opcode) {
      case TUPLE1 -> new Tuple(stack.pop(1, opcode));
      case TUPLE2 -> new Tuple(stack.pop(2, opcode));
      case TUPLE3 -> new Tuple(stack.pop(3, opcode));
      case TUPLE -> tuple(stack.popToMark(opcode));
      case EMPTY_LIST -> new Sequence();
      case EMPTY_DICT -> new Dictionary();
      case LIST -> {
        var list = new Sequence();
        list.items().addAll(stack.popToMark(opcode));
        yield list;
      }
      default -> {
        var dictionary = new Dictionary();
        put(stack.popToMark(opcode), dictionary, opcode);
        yield dictionary;
      }
    };
  }

  private static Tuple tuple(List<PickleValue> items) {
    return items.isEmpty() ? Tuple.EMPTY : new Tuple(items);
  }

  private void grow(Opcode opcode) throws Refusal {
    var items =
        switch (opcode) {
          case APPEND -> stack.pop(1, opcode);
          case SETITEM -> stack.pop(2, opcode);
          default -> stack.popToMark(opcode);
        };
    var on = stack.top(opcode);
    boolean appends = opcode == Opcode.APPEND || opcode == Opcode.APPENDS;
    if (appends && on instanceof Sequence list) {
      list.items().addAll(items);
    } else if (!appends && on instanceof Dictionary dictionary) {
      put(items, dictionary, opcode);
    } else {
      throw Refusal.damaged(opcode + " on something that is no " + (appends ? "list" : "dict"));
    }
  }

  private static void put(List<PickleValue> items, Dictionary to, Opcode opcode) throws Refusal {
    if (items.size() % 2 != 0) {
      throw Refusal.damaged(opcode + " with a key that has no value");
    }
    for (int i = 0; i < items.size(); i += 2) {
      if (!items.get(i).isKey()) {
        throw Refusal.unsupported(
            "a dictionary's key is no number and no string", "Save dictionaries with such keys");
      }
      to.entries().put(items.get(i), items.get(i + 1));
    }
  }

  private PickleValue remembered(Opcode opcode) throws Refusal {
    int index = index(opcode);
    var value = memo.get(index);
    if (value == null) {
      throw Refusal.damaged(opcode + " of number " + index + ", which nothing was put under");
    }
    return value;
  }

  private void remember(Opcode opcode) throws Refusal {
    int index = opcode == Opcode.MEMOIZE ? memo.size() : index(opcode);
    memo.put(index, stack.top(opcode));
    if (memo.size() > budget.memo()) {
      throw overBudget(budget.memo(), "remembered values");
    }
  }

  private int index(Opcode opcode) throws Refusal {
    long index =
        switch (opcode) {
          case BINGET, BINPUT -> reader.unsigned1();
          case LONG_BINGET, LONG_BINPUT -> Integer.toUnsignedLong(reader.signed4());
          default -> Numbers.index(reader);
        };
    if (index < 0 || index > Integer.MAX_VALUE) {
      throw Refusal.damaged(opcode + " of number " + index);
    }
    return (int) index;
  }

  private void reduce(Opcode opcode) throws Refusal {
    spendContainer();
    var both = stack.pop(2, opcode);
    if (both.get(0) instanceof Global name && both.get(1) instanceof Tuple arguments) {
      // One instruction may copy a list that is remembered, however long, again and again.
      for (var argument : arguments.items()) {
        spendOperations(Nesting.children(argument).size());
      }
      stack.push(constructors.call(name, arguments.items()));
    } else {
      throw Refusal.damaged("REDUCE wants a name and a tuple of arguments");
    }
  }

  private void build(Opcode opcode) throws Refusal {
    var state = stack.pop(opcode);
    constructors.build(stack.top(opcode), state);
  }

  private void spendOperations(int count) throws Refusal {
    operations += count;
    if (operations > budget.operations()) {
      throw overBudget(budget.operations(), "instructions");
    }
  }

  private void spendText(long bytes) throws Refusal {
    text += bytes;
    if (text > budget.text()) {
      throw overBudget(budget.text(), "bytes of strings");
    }
  }

  private void spendContainer() throws Refusal {
    if (++containers > budget.containers()) {
      throw overBudget(budget.containers(), "containers");
    }
  }

  private static Refusal overBudget(long most, String of) {
    return Refusal.unsupported(
        "has more than " + most + " " + of, "Save tensors and plain settings only");
  }
}
