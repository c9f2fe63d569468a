package dev.mmib.cpu;

import dev.mmib.backend.Buffer;
import dev.mmib.backend.DType;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.primitive_desc_base;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.Pointer;

/**
 * oneDNN primitives in order, ready to run on buffers of one choice of sizes.
 *
 * <p>Keeps every Java object of its making: JavaCPP frees natives whose Java objects are
 * unreachable, even where other natives still use them.
 */
final class Plan implements AutoCloseable {

  private record Step(primitive primitive, IntMemoryMap arguments) {}

  private record Temporary(memory memory, int floats) {}

  private final OneDnn oneDnn;
  private final stream stream;
  private final List<Pointer> kept;
  private final List<memory> slots;
  private final List<Temporary> temporaries;
  private final Step[] steps;
  private final double work;
  private final int roomFloats;
  private final Address here = new Address();

  private Plan(Builder made) {
    this.oneDnn = made.oneDnn;
    this.stream = made.keep(new stream(oneDnn.engine()));
    this.kept = made.kept;
    this.slots = made.slots;
    this.temporaries = made.temporaries;
    this.steps = made.steps.toArray(Step[]::new);
    this.work = made.work;
    int floats = 0;
    for (Temporary temporary : temporaries) {
      floats += aligned(temporary.floats());
    }
    this.roomFloats = floats;
  }

  /** Runs on {@code buffers} by all of oneDNN's threads. */
  void run(Buffer... buffers) {
    oneDnn.together(work, () -> runAt(new long[buffers.length], buffers));
  }

  /**
   * Runs on {@code buffers}, in the order in which their slots were made, and waits.
   *
   * @param offsets the elements at which the arguments start
   */
  void runAt(long[] offsets, Buffer... buffers) {
    if (buffers.length != slots.size()) {
      throw new IllegalArgumentException(
          "plan: buffers, " + buffers.length + " vs " + slots.size() + " slots");
    }
    for (int i = 0; i < buffers.length; i++) {
      BytePointer start = OffHeapBuffer.of(buffers[i]).pointer();
      slots.get(i).set_data_handle(offsets[i] == 0 ? start : start.getPointer(4 * offsets[i]));
    }
    execute();
    stream._wait();
  }

  private void execute() {
    if (temporaries.isEmpty()) {
      runSteps();
      return;
    }
    var scratch = new ArrayList<OffHeapBuffer>(temporaries.size());
    try {
      for (Temporary temporary : temporaries) {
        OffHeapBuffer room = oneDnn.memory().allocate(DType.F32, temporary.floats());
        scratch.add(room);
        temporary.memory().set_data_handle(room.pointer());
      }
      runSteps();
    } finally {
      scratch.forEach(OffHeapBuffer::close);
    }
  }

  /** Lets a slot lie at {@code address}; makes no garbage. */
  void place(int slot, long address) {
    slots.get(slot).set_data_handle(here.set(address));
  }

  /** Floats of the room that {@link #runPlaced} needs, whose parts begin at cache lines. */
  int roomFloats() {
    return roomFloats;
  }

  private static int aligned(int floats) {
    int line = OffHeapMemory.ALIGNMENT / 4;
    return (floats + line - 1) / line * line;
  }

  /**
   * Runs where its slots were placed; makes no garbage. Streams of the CPU compute at once: nobody
   * waits.
   *
   * @param room where {@link #roomFloats} are free, at a cache line
   */
  void runPlaced(long room) {
    long at = room;
    for (int i = 0; i < temporaries.size(); i++) {
      Temporary temporary = temporaries.get(i);
      temporary.memory().set_data_handle(here.set(at));
      at += 4L * aligned(temporary.floats());
    }
    runSteps();
  }

  private void runSteps() {
    for (Step step : steps) {
      step.primitive().execute(stream, step.arguments());
    }
  }

  @Override
  public void close() {
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).close();
    }
  }

  /** Composes a plan. */
  static final class Builder {
    private final OneDnn oneDnn;
    private final double work;
    private final List<Pointer> kept = new ArrayList<>();
    private final List<memory> slots = new ArrayList<>();
    private final List<Temporary> temporaries = new ArrayList<>();
    private final List<Step> steps = new ArrayList<>();

    Builder(OneDnn oneDnn, double work) {
      this.oneDnn = oneDnn;
      this.work = work;
    }

    org.bytedeco.dnnl.engine engine() {
      return oneDnn.engine();
    }

    /** Keeps a native object as long as the plan. */
    <T extends Pointer> T keep(T object) {
      kept.add(object);
      return object;
    }

    /** Floats at {@code strides}. */
    memory.desc strided(long[] dims, long[] strides) {
      return keep(new memory.desc(dims, memory.data_type.f32, strides));
    }

    /** Floats without gaps, the last axis fastest. */
    memory.desc dense(long... dims) {
      var strides = new long[dims.length];
      long stride = 1;
      for (int i = dims.length - 1; i >= 0; i--) {
        strides[i] = stride;
        stride *= dims[i];
      }
      return strided(dims, strides);
    }

    /** Floats in the layout that the primitive likes best. */
    memory.desc any(long... dims) {
      return keep(new memory.desc(dims, memory.data_type.f32, memory.format_tag.any));
    }

    /** Attributes with which scratch memory is ours to bring, so that it is counted. */
    primitive_attr attributes() {
      primitive_attr attributes = keep(new primitive_attr());
      attributes.set_scratchpad_mode(dnnl.scratchpad_mode.user);
      return attributes;
    }

    /** An argument that {@link Plan#run} is given. */
    memory slot(memory.desc desc) {
      memory made = keep(new memory(desc, engine(), (Pointer) null));
      slots.add(made);
      return made;
    }

    /** Room that exists while the plan runs. */
    memory temporary(memory.desc desc) {
      memory made = keep(new memory(desc, engine(), (Pointer) null));
      temporaries.add(new Temporary(made, Math.toIntExact((desc.get_size() + 3) / 4)));
      return made;
    }

    /** Adds a primitive; {@code arguments} are pairs of an argument's number and its memory. */
    void step(primitive_desc_base desc, primitive primitive, Object... arguments) {
      keep(desc);
      keep(primitive);
      IntMemoryMap map = keep(new IntMemoryMap());
      for (int i = 0; i < arguments.length; i += 2) {
        map.put((Integer) arguments[i], (memory) arguments[i + 1]);
      }
      memory.desc scratch = keep(desc.scratchpad_desc());
      if (scratch.get_size() > 0) {
        map.put(dnnl.DNNL_ARG_SCRATCHPAD, temporary(scratch));
      }
      steps.add(new Step(primitive, map));
    }

    /** {@code from} in the layout {@code wanted}: itself, or a reordered copy made by a step. */
    memory reordered(memory from, memory.desc wanted) {
      if (keep(from.get_desc()).equals(wanted)) {
        return from;
      }
      memory copy = temporary(wanted);
      reorder(from, copy);
      return copy;
    }

    /**
     * Room in the layout {@code wanted} to be {@link #reorder}ed to {@code to} later, or itself.
     */
    memory staging(memory to, memory.desc wanted) {
      return keep(to.get_desc()).equals(wanted) ? to : temporary(wanted);
    }

    void reorder(memory from, memory to) {
      if (from == to) {
        return;
      }
      var desc =
          new reorder.primitive_desc(
              engine(), keep(from.get_desc()), engine(), keep(to.get_desc()), attributes(), false);
      step(desc, new reorder(desc), dnnl.DNNL_ARG_FROM, from, dnnl.DNNL_ARG_TO, to);
    }

    Plan build() {
      return new Plan(this);
    }

    void abandon() {
      build().close();
    }
  }
}
