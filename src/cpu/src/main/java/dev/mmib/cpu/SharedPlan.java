package dev.mmib.cpu;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * One oneDNN primitive that several threads run at the same time, each on places of its own.
 *
 * <p>A {@link Plan} is run by one at a time. The primitive and its machine code are the same for
 * all threads here; what is written before a run exists once for each.
 */
final class SharedPlan implements AutoCloseable {

  /** An address, owning nothing. */
  private static final class At extends BytePointer {
    At() {
      super((Pointer) null);
    }

    At set(long to) {
      address = to;
      return this;
    }
  }

  /** What a primitive is given: oneDNN's numbers of its arguments, and how they lie. */
  static final class Arguments {
    private final List<Integer> numbers = new ArrayList<>();
    private final List<memory.desc> descs = new ArrayList<>();

    void add(int number, memory.desc desc) {
      numbers.add(number);
      descs.add(desc);
    }
  }

  /** What one thread writes before a run. */
  private record Slot(stream stream, IntMemoryMap arguments, memory[] memories, At at) {}

  private final primitive primitive;
  private final List<Pointer> kept;
  private final List<Slot> slots = new ArrayList<>();

  /**
   * A plan for the threads of {@code oneDnn}.
   *
   * @param kept natives that live as long as the plan; it takes the list over
   */
  SharedPlan(
      OneDnn oneDnn,
      List<Pointer> kept,
      primitive_desc_base desc,
      primitive primitive,
      Arguments wanted) {
    this.primitive = primitive;
    this.kept = kept;
    keep(desc);
    keep(primitive);
    memory.desc scratch = keep(desc.scratchpad_desc());
    for (int t = 0; t < oneDnn.threads(); t++) {
      var arguments = keep(new IntMemoryMap());
      var memories = new memory[wanted.numbers.size()];
      for (int i = 0; i < memories.length; i++) {
        memories[i] = keep(new memory(wanted.descs.get(i), oneDnn.engine(), (Pointer) null));
        arguments.put(wanted.numbers.get(i), memories[i]);
      }
      if (scratch.get_size() > 0) {
        arguments.put(dnnl.DNNL_ARG_SCRATCHPAD, keep(new memory(scratch, oneDnn.engine())));
      }
      slots.add(new Slot(keep(new stream(oneDnn.engine())), arguments, memories, new At()));
    }
  }

  private <T extends Pointer> T keep(T object) {
    kept.add(object);
    return object;
  }

  /**
   * Runs and waits.
   *
   * @param slot of the calling thread, below the number of threads
   * @param addresses where the arguments lie, in the order in which they were added
   */
  void run(int slot, long... addresses) {
    Slot mine = slots.get(slot);
    for (int i = 0; i < addresses.length; i++) {
      mine.memories()[i].set_data_handle(mine.at().set(addresses[i]));
    }
    primitive.execute(mine.stream(), mine.arguments());
    mine.stream()._wait();
  }

  @Override
  public void close() {
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).close();
    }
  }
}
