package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class DeviceTest {

  @Test
  void opensTheDeviceThatIsNamed() {
    try (var backend = Device.of("java").withThreads(3).open()) {
      assertTrue(backend instanceof JavaBackend);
      assertEquals("java", backend.name());
      assertTrue(backend.description().contains("3 threads"), backend.description());
    }
  }

  @Test
  void choosesADeviceThatWorksAndSaysWhy() {
    var choice = Device.auto().choose();
    try (var backend = choice.backend()) {
      assertEquals("java", backend.name()); // the only one on this class path
      assertEquals("the best device here", choice.because());
    }
    var asked = Device.of("java").choose();
    asked.backend().close();
    assertEquals("asked for", asked.because());
    assertTrue(asked.expected());
  }

  @Test
  void readsAnOrdinal() {
    assertEquals(new Device("cuda", 1, 0, Precision.FP32, false), Device.of("cuda:1"));
    assertEquals("cuda:1", Device.of("cuda:1").toString());
    assertEquals("java", Device.of("java").toString());
  }

  @Test
  void refusesADeviceThatIsNotThere() {
    var thrown = assertThrows(MmibException.class, () -> Device.of("tpu").open());
    assertEquals(ErrorCode.DEVICE, thrown.code());
    assertTrue(thrown.toString().contains("'tpu'"), thrown.toString());
    assertTrue(thrown.toString().contains("java"), thrown.toString());
  }

  @Test
  void refusesOrdinalsAndThreadsOutOfRange() {
    for (var text : new String[] {"cuda:", "cuda:x", "cuda:-1", "cuda:99999999999"}) {
      var thrown = assertThrows(MmibException.class, () -> Device.of(text));
      assertEquals(ErrorCode.USAGE, thrown.code(), text);
    }
    assertThrows(MmibException.class, () -> Device.of("cuda:4294967295"));
    assertThrows(MmibException.class, () -> Device.auto().withThreads(-1));
    assertThrows(MmibException.class, () -> Device.auto().withThreads(1025));
  }

  @Test
  void listsEveryDeviceWithItsVersions() {
    var all = Device.all();
    assertEquals(1, all.size());
    assertTrue(all.get(0).unavailableBecause().isEmpty());
    assertEquals("java", all.get(0).provider().name());
    assertTrue(all.get(0).provider().versions().containsKey("java"));
  }

  @Test
  void autoSaysWhatItPassedOver() {
    var offered = List.of(provider("cuda", "no driver"), provider("java", null));
    var choice = Device.auto().choose(offered);
    choice.backend().close();
    assertEquals("cuda: no driver", choice.because());
    assertTrue(choice.expected(), "most machines have no GPU");
  }

  @Test
  void autoTellsWhatIsMissingIfItIsNotTheGpu() {
    var offered =
        List.of(
            provider("cuda", "no driver"), provider("cpu", "no natives"), provider("java", null));
    var choice = Device.auto().choose(offered);
    choice.backend().close();
    assertEquals("cuda: no driver; cpu: no natives", choice.because());
    assertFalse(choice.expected());
  }

  @Test
  void aDeviceThatIsAskedForIsNeverReplacedByAnother() {
    var offered = List.of(provider("cuda", "no driver"), provider("java", null));
    var thrown = assertThrows(MmibException.class, () -> Device.of("cuda").choose(offered));
    assertEquals(ErrorCode.DEVICE, thrown.code());
    assertTrue(thrown.toString().contains("no driver"), thrown.toString());
    assertThrows(
        MmibException.class, () -> Device.auto().choose(List.of(provider("cuda", "no driver"))));
  }

  @Test
  void opensTheOrdinalAndTheThreadsThatAreAskedFor() {
    var offered = List.of(provider("cuda", null));
    Device.of("cuda:3").withThreads(5).choose(offered).backend().close();
    assertEquals("3 5", opened);
    Device.of("cuda").choose(offered).backend().close();
    assertEquals("0 " + Runtime.getRuntime().availableProcessors(), opened);
  }

  @Test
  void refusesAnOrdinalThatIsNotThere() {
    for (var text : List.of("java:1", "auto:2", "cuda:4")) {
      var offered = List.of(provider(text.startsWith("cuda") ? "cuda" : "java", null));
      var thrown = assertThrows(MmibException.class, () -> Device.of(text).choose(offered), text);
      assertEquals(ErrorCode.DEVICE, thrown.code());
      assertTrue(thrown.toString().contains("counted from 0"), thrown.toString());
    }
    assertEquals("", opened);
  }

  @Test
  void asksNoDeviceThatIsNotWanted() {
    var offered =
        List.of(provider("cuda", "no driver"), provider("cpu", null), provider("x", null));
    Device.of("cpu").choose(offered).backend().close();
    assertEquals(List.of("cpu"), asked);
    asked.clear();
    Device.auto().choose(offered).backend().close();
    assertEquals(List.of("cuda", "cpu"), asked);
  }

  @Test
  void carriesPrecisionAndGraphsToTheProvider() {
    var offered = List.of(provider("cuda", null));
    Device.of("cuda:1")
        .withPrecision(Precision.BF16)
        .withGraphs(true)
        .choose(offered)
        .backend()
        .close();
    assertEquals("1 " + Runtime.getRuntime().availableProcessors() + " BF16 graphs", opened);
  }

  @Test
  void autoPassesOverWhatLacksThePrecisionAndSaysSo() {
    var device = Device.auto().withPrecision(Precision.TF32);
    var choice = device.choose(List.of(provider("cpu", null), provider("cuda", null)));
    choice.backend().close();
    assertEquals("cpu: computes in fp32, not in tf32", choice.because());
    assertFalse(choice.expected());
    var none =
        assertThrows(MmibException.class, () -> device.choose(List.of(provider("cpu", null))));
    assertEquals(ErrorCode.DEVICE, none.code());
    assertTrue(none.toString().contains("not in tf32"), none.toString());
    assertTrue(none.toString().contains("fp32, which every device has"), none.toString());
  }

  @Test
  void tellsWhyWhereThatIsNews() {
    try (var backend = new JavaBackend(1)) {
      var what = "INFO device java (" + backend.description() + ")";
      assertEquals(
          List.of(what, "DEBUG device java: no GPU"),
          told(new Device.Choice(backend, "no GPU", true)));
      assertEquals(
          List.of(what + ": no natives"), told(new Device.Choice(backend, "no natives", false)));
    }
  }

  private static List<String> told(Device.Choice choice) {
    var logging = new LoggerContext();
    var events = new ListAppender<ILoggingEvent>();
    events.setContext(logging);
    events.start();
    var log = logging.getLogger("test");
    log.addAppender(events);
    choice.tell(log);
    return events.list.stream().map(e -> e.getLevel() + " " + e.getFormattedMessage()).toList();
  }

  @Test
  void refusesAPrecisionThatTheDeviceLacks() {
    var device = Device.of("java").withPrecision(Precision.BF16);
    var thrown = assertThrows(MmibException.class, device::open);
    assertEquals(ErrorCode.DEVICE, thrown.code());
    assertTrue(thrown.toString().contains("computes in fp32, not in bf16"), thrown.toString());
  }

  @Test
  void runsRepeatedWorkWhereNothingIsRecorded() {
    try (var backend = Device.of("java").withGraphs(true).open()) {
      assertEquals(5, backend.repeat("key", 0, () -> 5));
      assertEquals(6, backend.repeat("key", 0, () -> 6));
    }
  }

  private final List<String> asked = new ArrayList<>();
  private String opened = "";

  private BackendProvider provider(String name, @Nullable String unavailableBecause) {
    return new BackendProvider() {
      @Override
      public String name() {
        return name;
      }

      @Override
      public Optional<String> unavailableBecause() {
        asked.add(name);
        return Optional.ofNullable(unavailableBecause);
      }

      @Override
      public int count() {
        return name.equals("cuda") ? 4 : 1;
      }

      @Override
      public Set<Precision> precisions() {
        return name.equals("cuda")
            ? EnumSet.allOf(Precision.class)
            : BackendProvider.super.precisions();
      }

      @Override
      public Map<String, String> versions() {
        return Map.of();
      }

      @Override
      public Backend open(Device.Options options) {
        opened = options.ordinal() + " " + options.threads();
        if (options.precision() != Precision.FP32 || options.graphs()) {
          opened += " " + options.precision() + (options.graphs() ? " graphs" : "");
        }
        return new JavaBackend(1);
      }
    };
  }
}
