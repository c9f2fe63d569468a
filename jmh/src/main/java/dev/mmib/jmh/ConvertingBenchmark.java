package dev.mmib.jmh;

import dev.mmib.convert.Conversion;
import dev.mmib.convert.ConvertOptions;
import dev.mmib.convert.Converter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
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
 * PyTorch's file of 438 MB to safetensors, against copying it.
 *
 * <p>The converter forces what it writes to the disk, which a plain copy does not: {@link
 * #copyAndForce} is the copy that gives the same promise. The source is in the system's cache.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-Xmx1g")
@Warmup(iterations = 6)
@Measurement(iterations = 10)
public class ConvertingBenchmark {

  private Path source = Path.of("");

  @Setup
  public void write() throws IOException {
    source = BertBase.pickled();
  }

  @Benchmark
  public Conversion convert() {
    return Converter.convert(source, BertBase.scratch(), ConvertOptions.STANDARD);
  }

  @Benchmark
  public Path copy() throws IOException {
    return Files.copy(source, BertBase.scratch());
  }

  @Benchmark
  public Path copyAndForce() throws IOException {
    var copy = Files.copy(source, BertBase.scratch());
    try (var channel = FileChannel.open(copy, StandardOpenOption.WRITE)) {
      channel.force(true);
    }
    return copy;
  }

  @TearDown(Level.Invocation)
  public void delete() throws IOException {
    Files.deleteIfExists(BertBase.scratch());
  }
}
