package dev.mmib.cpu;

import dev.mmib.backend.DType;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.Pointer;

/**
 * A primitive that several threads may run at once: its code is compiled once, and each run borrows
 * arguments of its own.
 */
final class SharedPrimitive implements AutoCloseable {

  /** An argument's number, and how its memory lies. */
  record Argument(int number, memory.desc desc) {}

  private final OneDnn oneDnn;
  private final primitive_desc_base desc;
  private final primitive primitive;
  private final List<Argument> arguments;
  private final memory.desc scratch;
  private final int scratchFloats;
  private final Queue<Call> idle = new ConcurrentLinkedQueue<>();

  /** Takes over all that it is given. */
  SharedPrimitive(
      OneDnn oneDnn, primitive_desc_base desc, primitive primitive, List<Argument> arguments) {
    this.oneDnn = oneDnn;
    this.desc = desc;
    this.primitive = primitive;
    this.arguments = List.copyOf(arguments);
    this.scratch = desc.scratchpad_desc();
    this.scratchFloats = Math.toIntExact((scratch.get_size() + 3) / 4);
  }

  /** Attributes with which scratch memory is ours to bring, so that it is counted. */
  static primitive_attr attributes() {
    var attributes = new primitive_attr();
    attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
    return attributes;
  }

  /** What one run at a time needs. */
  private final class Call implements AutoCloseable {
    private final stream stream = new stream(oneDnn.engine());
    private final IntMemoryMap map = new IntMemoryMap();
    private final Address here = new Address();
    private final memory[] memories = new memory[arguments.size() + 1];

    Call() {
      for (int i = 0; i < arguments.size(); i++) {
        add(i, arguments.get(i).number(), arguments.get(i).desc());
      }
      add(arguments.size(), dnnl.DNNL_ARG_SCRATCHPAD, scratch);
    }

    private void add(int at, int number, memory.desc desc) {
      memories[at] = new memory(desc, oneDnn.engine(), (Pointer) null);
      map.put(number, memories[at]);
    }

    void run(long... at) {
      for (int i = 0; i < at.length; i++) {
        memories[i].set_data_handle(here.set(at[i]));
      }
      if (scratchFloats == 0) {
        primitive.execute(stream, map);
        stream._wait();
        return;
      }
      try (var room = oneDnn.memory().allocate(DType.F32, scratchFloats)) {
        memories[at.length].set_data_handle(room.pointer());
        primitive.execute(stream, map);
        stream._wait();
      }
    }

    @Override
    public void close() {
      map.close();
      for (memory memory : memories) {
        memory.close();
      }
      stream.close();
    }
  }

  /**
   * Runs and waits.
   *
   * @param at the addresses of memory that lies as the arguments say, in their order
   */
  void run(long... at) {
    if (at.length != arguments.size()) {
      throw new IllegalArgumentException(
          "primitive: " + at.length + " addresses vs " + arguments.size() + " arguments");
    }
    Call known = idle.poll();
    Call call = known == null ? new Call() : known;
    call.run(at);
    idle.add(call);
  }

  @Override
  public void close() {
    idle.forEach(Call::close);
    idle.clear();
    primitive.close();
    scratch.close();
    arguments.forEach(argument -> argument.desc().close());
    desc.close();
  }
}
