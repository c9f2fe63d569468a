package dev.mmib.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.backend.java.JavaBackend;
import dev.mmib.error.ErrorCode;
import dev.mmib.error.MmibException;
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
  }

  @Test
  void readsAnOrdinal() {
    assertEquals(new Device("cuda", 1, 0), Device.of("cuda:1"));
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
}
