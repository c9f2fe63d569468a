package dev.mmib.jmh.limit;

import dev.mmib.jmh.Contender;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.reorder;
import org.bytedeco.dnnl.stream;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.Pointer;

/** oneDNN's primitives one after another, on memory that stays where it is. */
abstract class BareOneDnn implements Contender {

  /** A primitive with its arguments. */
  record Step(primitive primitive, IntMemoryMap arguments) {}

  // JavaCPP frees natives whose Java objects are unreachable.
  private final List<Pointer> kept = new ArrayList<>();
  private final List<Step> steps = new ArrayList<>();
  private final engine engine;
  private final stream stream;

  BareOneDnn(int threads) {
    OpenMpThreads.use(threads);
    engine = keep(new engine(org.bytedeco.dnnl.engine.kind.cpu, 0));
    stream = keep(new stream(engine));
  }

  final engine engine() {
    return engine;
  }

  final <T extends Pointer> T keep(T object) {
    kept.add(object);
    return object;
  }

  /** What a run computes, in its order. */
  final List<Step> steps() {
    return steps;
  }

  /** A step of a run; numbers of arguments and their memory alternate. */
  final Step step(primitive primitive, Object... arguments) {
    var map = keep(new IntMemoryMap());
    for (int i = 0; i < arguments.length; i += 2) {
      map.put((Integer) arguments[i], (memory) arguments[i + 1]);
    }
    return new Step(keep(primitive), map);
  }

  /** Extents in whatever order a primitive likes best. */
  final memory.desc any(long... dims) {
    return keep(new memory.desc(dims, memory.data_type.f32, memory.format_tag.any));
  }

  /** Extents in the order of their strides. */
  final memory.desc strided(long[] dims, long... strides) {
    return keep(new memory.desc(dims, memory.data_type.f32, strides));
  }

  /** Extents in row-major order. */
  final memory.desc dense(long... dims) {
    var strides = new long[dims.length];
    long stride = 1;
    for (int i = dims.length - 1; i >= 0; i--) {
      strides[i] = stride;
      stride *= dims[i];
    }
    return strided(dims, strides);
  }

  final memory plain(long[] dims, float[] values) {
    return on(dense(dims), keep(new FloatPointer(values)));
  }

  final memory on(memory.desc desc, FloatPointer values) {
    return keep(new memory(desc, engine, values));
  }

  final memory room(memory.desc desc) {
    return keep(new memory(keep(desc), engine));
  }

  /** The same numbers in the order {@code wanted}. */
  final memory ordered(memory from, memory.desc wanted) {
    if (keep(from.get_desc()).equals(keep(wanted))) {
      return from;
    }
    memory turned = keep(new memory(wanted, engine));
    turn(from, turned);
    return turned;
  }

  final void turn(memory from, memory to) {
    keep(new reorder(from, to)).execute(stream, from, to);
    stream._wait();
  }

  @Override
  public final void run() {
    for (Step step : steps) {
      step.primitive().execute(stream, step.arguments());
    }
    stream._wait();
  }

  @Override
  public final String description() {
    var version = dnnl.dnnl_version();
    return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch();
  }

  @Override
  public final void close() {
    for (int i = kept.size() - 1; i >= 0; i--) {
      kept.get(i).close();
    }
  }
}
