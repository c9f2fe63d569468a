package dev.mmib.jmh;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Device;
import dev.mmib.bert.Bert;
import dev.mmib.io.HuggingFaceDirectory;
import dev.mmib.nn.Parameters;
import dev.mmib.nn.Weights;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.bytedeco.javacpp.Pointer;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A model of 438 MB until a forward pass could run, against reading its file.
 *
 * <p>The file is in the system's cache. Every measurement gets memory that the process has not
 * touched: what was read before is freed in between, outside of the measured time.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 6)
@Measurement(iterations = 10)
public class LoadingBenchmark {

  private @Nullable Backend backend;
  private Path directory = Path.of("");
  private @Nullable ByteBuffer direct;
  private @Nullable Pointer plain;
  private @Nullable Parameters parameters;

  @Setup
  public void open() throws IOException {
    directory = BertBase.directory();
    backend = Device.of("cpu").open();
  }

  /** What the issue compares with: memory that Java sets to zero before it is given away. */
  @Benchmark
  public ByteBuffer readToDirectMemory() throws IOException {
    try (var channel = FileChannel.open(BertBase.weights())) {
      var bytes = ByteBuffer.allocateDirect((int) channel.size());
      direct = bytes;
      return read(channel, bytes);
    }
  }

  /** The least that can be done: memory straight from malloc. */
  @Benchmark
  public ByteBuffer readToPlainMemory() throws IOException {
    try (var channel = FileChannel.open(BertBase.weights())) {
      var memory = Pointer.malloc(channel.size());
      plain = memory;
      return read(channel, memory.capacity(channel.size()).asByteBuffer());
    }
  }

  private static ByteBuffer read(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining() && channel.read(bytes) >= 0) {
      // until it is full
    }
    if (bytes.hasRemaining()) {
      throw new IllegalStateException("file: ends " + bytes.remaining() + " bytes too early");
    }
    return bytes;
  }

  /** Configuration, vocabulary, header, checks, and all weights in a model on the device. */
  @Benchmark
  public Bert load() {
    var here = HuggingFaceDirectory.open(directory);
    if (here.tokenizer().size() != here.config().vocabularySize() || backend == null) {
      throw new IllegalStateException("vocabulary: has " + here.tokenizer().size() + " tokens");
    }
    try (var weights = here.weights()) {
      var loaded = new Parameters(backend, weights.bert(Weights.random(0)));
      parameters = loaded;
      return Bert.of(loaded.at("bert"), here.config());
    }
  }

  @TearDown(Level.Invocation)
  public void free() throws InterruptedException {
    if (parameters != null) {
      parameters.close();
      parameters = null;
    }
    if (plain != null) {
      Pointer.free(plain);
      plain = null;
    }
    direct = null;
    System.gc();
    for (int i = 0; i < 200 && directBytes() > 64 << 20; i++) {
      Thread.sleep(10);
    }
  }

  private static long directBytes() {
    return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
        .filter(pool -> pool.getName().equals("direct"))
        .mapToLong(BufferPoolMXBean::getMemoryUsed)
        .sum();
  }

  @TearDown
  public void close() {
    if (backend != null) {
      backend.close();
    }
  }
}
