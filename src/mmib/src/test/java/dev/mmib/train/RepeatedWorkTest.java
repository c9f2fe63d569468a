package dev.mmib.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.Backend;
import dev.mmib.backend.Buffer;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.DataDirectory;
import dev.mmib.data.NerBatch;
import dev.mmib.data.Split;
import dev.mmib.model.NerModel;
import dev.mmib.model.Task;
import dev.mmib.tensor.RandomState;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.lang.reflect.RecordComponent;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device that records may rely on it: under one key, work takes the same course. Here a device
 * writes down every call under its key, with its sizes and numbers.
 */
class RepeatedWorkTest {

  /** One piece of work: its key, the first random stream, and how its kernels were called. */
  private record Run(Object key, long position, List<String> calls) {}

  private final Backend java = new JavaBackend(1);
  private final List<Run> runs = new ArrayList<>();
  private final Backend backend =
      (Backend)
          Proxy.newProxyInstance(
              Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, this::call);

  @TempDir Path directory;
  private NerModel model;
  private TaskRows<NerBatch> rows;
  private Pictures pictures;

  private Object call(Object proxy, Method method, Object[] args) throws Throwable {
    if (method.getName().equals("repeat")) {
      runs.add(new Run(args[0], (long) args[1], new ArrayList<>()));
      return ((Supplier<?>) args[2]).get();
    }
    var result = onJava(method, java, args);
    if (method.getName().equals("allocate") && !runs.isEmpty()) {
      runs.get(runs.size() - 1).calls().add(args[0] + " " + args[1]);
    }
    return method.getReturnType().getPackageName().equals("dev.mmib.backend.kernel")
        ? watched(method.getReturnType(), result)
        : result;
  }

  private Object watched(Class<?> family, Object kernels) {
    return Proxy.newProxyInstance(
        family.getClassLoader(),
        new Class<?>[] {family},
        (proxy, method, args) -> {
          if (!runs.isEmpty()) {
            var name = family.getSimpleName() + "." + method.getName();
            var shown = Arrays.stream(args).map(RepeatedWorkTest::shown).toList();
            runs.get(runs.size() - 1).calls().add(name + shown);
          }
          return onJava(method, kernels, args);
        });
  }

  /** All that a recording holds of an argument: of buffers how long they are. */
  private static String shown(@Nullable Object argument) {
    if (argument instanceof Buffer buffer) {
      return "#" + buffer.length();
    }
    if (argument instanceof Long || argument instanceof List) {
      return "*"; // numbers of random streams, and tables: both are uploaded in every run
    }
    if (argument instanceof int[] ints) {
      return Arrays.toString(ints);
    }
    if (argument instanceof Record) {
      return Arrays.stream(argument.getClass().getRecordComponents())
          .map(component -> shown(part(argument, component)))
          .toList()
          .toString();
    }
    return String.valueOf(argument);
  }

  private static @Nullable Object part(Object whole, RecordComponent component) {
    try {
      return component.getAccessor().invoke(whole);
    } catch (ReflectiveOperationException e) {
      throw new LinkageError(component.toString(), e);
    }
  }

  private static Object onJava(Method method, Object target, Object[] args) throws Throwable {
    try {
      return method.invoke(target, args);
    } catch (InvocationTargetException e) {
      throw Objects.requireNonNull(e.getCause());
    }
  }

  @BeforeEach
  @SuppressWarnings("unchecked") // the rows of an NER model have its batches
  void makeModel() throws IOException {
    var settings = ToyData.settings(Task.NER);
    var found =
        TrainingData.forTraining(
            DataDirectory.open(ToyData.ner(directory, 12, 4)),
            Task.NER,
            settings.config().rows(),
            1);
    var design = ModelSource.RANDOM.design(settings.config(), Set.of(), found);
    var made = ModelSource.RANDOM.make(backend, design);
    model = (NerModel) made.model();
    rows = (TaskRows<NerBatch>) found.rows(Split.TRAIN, model, made.tokenizer());
    pictures = new Pictures(model, RowSettings.MissingImages.ZERO, 10);
    runs.clear();
  }

  @AfterEach
  void close() {
    model.close();
    assertEquals(0, java.memory().liveBuffers(), "buffers left open");
    java.close();
  }

  @Test
  void underOneKeyEveryStepTakesTheSameCourse() {
    var config = ToyData.settings(Task.NER).config();
    var random = new RandomState(1, 0);
    try (var optimizer = Groups.optimizer(model, config)) {
      var stepper = new Stepper<>(rows, pictures, config, optimizer, random, 0);
      stepper.step(batch(0, 1), 1, 1);
      assertEquals(List.of(), steps(), "the first step makes the moments, which outlive it");
      var positions = new ArrayList<Long>();
      for (int pass = 0; pass < 2; pass++) {
        for (int row = 0; row < 12; row += 2) {
          positions.add(random.position());
          stepper.step(batch(row, row + 1), 2, 0.5);
        }
      }
      var steps = steps();
      assertEquals(positions, steps.stream().map(Run::position).toList());
      assertEqualCourses(steps);
      assertTrue(steps.stream().map(Run::key).distinct().count() > 1, "texts of several lengths");
    }
  }

  @Test
  void underOneKeyEveryBatchIsReadTheSameWay() {
    for (int pass = 0; pass < 2; pass++) {
      for (int row = 0; row < 12; row += 2) {
        var batch = rows.batch(new int[] {row, row + 1});
        model.decode(batch, null);
        model.assess(batch, null);
      }
    }
    assertEquals(24, runs.size());
    assertEqualCourses(runs);
    assertNotEquals(runs.get(0).key(), runs.get(1).key());
  }

  private List<Run> steps() {
    return runs.stream().filter(run -> run.key().toString().contains("training")).toList();
  }

  private static void assertEqualCourses(List<Run> runs) {
    Map<Object, List<String>> courses = new HashMap<>();
    boolean repeats = false;
    for (var run : runs) {
      var before = courses.put(run.key(), run.calls());
      repeats |= before != null;
      assertEquals(before == null ? run.calls() : before, run.calls(), run.key().toString());
    }
    assertTrue(repeats);
  }

  private List<Batches.Ready<NerBatch>> batch(int... batch) {
    try (var batches = new Batches<>(rows, List.of(batch), pictures)) {
      return List.of(Objects.requireNonNull(batches.next()));
    }
  }
}
