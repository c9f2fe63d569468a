package dev.mmib.predict;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.mmib.backend.Backend;
import dev.mmib.backend.BackendProvider;
import dev.mmib.backend.Device;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.data.Fidelity;
import dev.mmib.io.ModelDirectory;
import dev.mmib.model.MmibConfig;
import dev.mmib.model.Task;
import dev.mmib.tensor.Mode;
import dev.mmib.tensor.RandomState;
import dev.mmib.tensor.Scope;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.ServiceLoader;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RehearsalTest {

  @TempDir Path directory;

  private static void rehearse(Path... models) {
    var directories = new ArrayList<ModelDirectory>();
    for (var model : models) {
      directories.add(ModelDirectory.open(model));
    }
    var tokenizers = directories.stream().map(ModelDirectory::tokenizer).toList();
    var outcomes = Rehearsal.ofPost(directories, tokenizers);
    assertEquals(1, outcomes.size());
    var found = outcomes.get(0).orElseThrow();
    assertEquals(List.of(), found.warnings());
    if (models.length == 2) { // the pair was asked for
      assertEquals(1, found.relations().size());
    }
  }

  @Test
  void aPostGoesThroughModelsOfEveryKind() {
    List<Consumer<MmibConfig.Draft>> changes =
        List.of(c -> {}, c -> c.textOnly = true, c -> c.fidelity = Fidelity.REFERENCE);
    for (int i = 0; i < changes.size(); i++) {
      var ner = TinyModels.save(directory.resolve("ner" + i), Task.NER, 1, changes.get(i));
      var re = TinyModels.save(directory.resolve("re" + i), Task.RE, 2, changes.get(i));
      rehearse(ner);
      rehearse(re);
      rehearse(ner, re);
      rehearse(re, ner);
    }
  }

  @Test
  void theRandomNumbersOfAScopeAroundItStayWhereTheyWere() {
    // The released relation model draws in inference too.
    var re =
        TinyModels.save(directory.resolve("re"), Task.RE, 1, c -> c.fidelity = Fidelity.REFERENCE);
    var random = new RandomState(5, 17);
    try (var device = new JavaBackend(1);
        var scope = Scope.open(device, Mode.INFER, random)) {
      rehearse(re);
      assertSame(scope, Scope.current());
      assertEquals(17, random.position());
    }
  }

  @Test
  void kernelsAreTriedOnADeviceOfTheirOwn() {
    var cpu =
        ServiceLoader.load(BackendProvider.class).stream()
            .map(ServiceLoader.Provider::get)
            .filter(provider -> provider.name().equals("cpu"))
            .findFirst()
            .orElseThrow();
    for (var precision : cpu.precisions()) {
      try (var device = Device.of("cpu").withThreads(2).withPrecision(precision).open()) {
        var before = device.memory();
        Rehearsal.ofKernels(device);
        assertEquals(before, device.memory());
        var understudy = device.understudy();
        assertNotNull(understudy);
        try (understudy) {
          assertEquals(device.name(), understudy.name());
          var description = device.description().replace("2 threads", "1 threads");
          assertEquals(description, understudy.description());
        }
      }
    }
    try (var java = new JavaBackend(1)) {
      assertNull(java.understudy());
      Rehearsal.ofKernels(java);
    }
  }

  /** Plain Java with an understudy as {@code understudy} has it; notes when it is closed. */
  private static Backend device(Supplier<@Nullable Backend> understudy, List<String> closed) {
    var java = new JavaBackend(1);
    return (Backend)
        Proxy.newProxyInstance(
            Backend.class.getClassLoader(),
            new Class<?>[] {Backend.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("understudy")) {
                return understudy.get();
              }
              if (method.getName().equals("close")) {
                closed.add("device");
              }
              try {
                return method.invoke(java, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  private static OpeningDevice opening(Backend device) {
    return new OpeningDevice(() -> new Device.Choice(device, "for a test", true));
  }

  @Test
  void theUnderstudyComputesAndIsClosed() {
    var closed = new ArrayList<String>();
    var understudyClosed = new ArrayList<String>();
    var device = device(() -> device(() -> null, understudyClosed), closed);
    try (var opening = opening(device)) {
      assertSame(device, opening.take().backend());
      opening.rehearsed();
      assertEquals(List.of("device"), understudyClosed);
    }
    assertEquals(List.of(), closed); // whoever took it closes it
    device.close();
  }

  @Test
  void whatAnUnderstudyThrowsIsThrownToWhoAsks() {
    var closed = new ArrayList<String>();
    var failure = new IllegalStateException("kernels do not work here");
    var device =
        device(
            () -> {
              throw failure;
            },
            closed);
    try (var opening = opening(device)) {
      assertSame(device, opening.take().backend());
      assertSame(failure, assertThrows(IllegalStateException.class, opening::rehearsed));
    }
    assertEquals(List.of(), closed);
    device.close();
  }

  @Test
  void aDeviceThatNobodyTookIsClosedAfterItsRehearsal() {
    var events = Collections.synchronizedList(new ArrayList<String>());
    var closing = Thread.currentThread();
    var begun = new AtomicBoolean();
    var device =
        device(
            () -> {
              begun.set(true);
              while (closing.getState() != Thread.State.WAITING && events.isEmpty()) {
                Thread.onSpinWait();
              }
              events.add("tried");
              return null;
            },
            events);
    var opening = opening(device);
    while (!begun.get()) {
      Thread.onSpinWait(); // does not wait as closing does, which has nothing else to wait for now
    }
    opening.close();
    assertEquals(List.of("tried", "device"), events);
  }

  @Test
  void oneThatCannotOpenSaysWhyAndIsNotTried() {
    var failure = new IllegalStateException("no such device");
    var opening =
        new OpeningDevice(
            () -> {
              throw failure;
            });
    try (opening) {
      assertSame(failure, assertThrows(IllegalStateException.class, opening::take));
    }
  }
}
