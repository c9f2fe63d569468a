package dev.mmib.cuda.natives;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SonameRetargetTest {

  private static final String OLD = "libcublas.so.12";
  private static final String NEW = "libcublas.so.13";

  private static byte[] jcublas() throws Exception {
    return JCudaNatives.image("jcuda.jcublas.JCublas2");
  }

  @Test
  void changesOneHashAndOneStringAndNothingElse() throws Exception {
    byte[] before = jcublas();
    byte[] after = before.clone();
    assertEquals(new SonameRetarget.Changes(1, 1), SonameRetarget.retarget(after, OLD, NEW));
    int changed = 0;
    for (int i = 0; i < before.length; i++) {
      changed += before[i] == after[i] ? 0 : 1;
    }
    assertEquals(2, changed); // 12 and 13 differ in a letter, and the hash ends with that letter
    assertEquals(new SonameRetarget.Changes(1, 1), SonameRetarget.retarget(after, NEW, OLD));
    assertArrayEquals(before, after);
  }

  @Test
  void knowsTheHashOfTheAbi() {
    assertEquals(0x0ef62132, Elf.hash(OLD));
    assertEquals(0x0ef62133, Elf.hash(NEW));
  }

  @Test
  void changesNothingWhereTheNameIsNotNeeded() throws Exception {
    byte[] image = JCudaNatives.image("jcuda.driver.JCudaDriver");
    byte[] before = image.clone();
    assertEquals(new SonameRetarget.Changes(0, 0), SonameRetarget.retarget(image, OLD, NEW));
    assertArrayEquals(before, image);
  }

  @Test
  void refusesWhatIsNoImageForThisProcessor() throws Exception {
    assertRefused(new byte[0], "not an ELF");
    assertRefused("#!/bin/sh".getBytes(StandardCharsets.US_ASCII), "not an ELF");
    byte[] image = jcublas();
    image[4] = 1; // 32 bits
    assertRefused(image, "not an ELF");
    byte[] bigEndian = jcublas();
    bigEndian[5] = 2;
    assertRefused(bigEndian, "not an ELF");
    byte[] arm = jcublas();
    arm[18] = (byte) 183;
    assertRefused(arm, "not an ELF");
  }

  @Test
  void refusesCutImagesUnchanged() throws Exception {
    byte[] image = jcublas();
    for (int length : new int[] {63, 64, 1000, image.length / 2, image.length - 1}) {
      byte[] cut = Arrays.copyOf(image, length);
      byte[] before = cut.clone();
      assertRefused(cut, length < 64 ? "not an ELF" : "cut or damaged");
      assertArrayEquals(before, cut);
    }
  }

  @Test
  void survivesAnyDamage() throws Exception {
    byte[] image = jcublas();
    var random = new Random(7);
    int sectionTable = image.length - 64 * 40; // headers of sections lie at the end
    for (int trial = 0; trial < 300; trial++) {
      byte[] damaged = image.clone();
      for (int i = 0; i < 40; i++) {
        int at =
            random.nextBoolean()
                ? random.nextInt(64)
                : sectionTable + random.nextInt(image.length - sectionTable);
        damaged[at] = (byte) random.nextInt();
      }
      byte[] before = damaged.clone();
      try {
        SonameRetarget.retarget(damaged, OLD, NEW);
      } catch (IllegalArgumentException e) {
        assertArrayEquals(before, damaged);
      }
    }
  }

  @Test
  void refusesNamesOfDifferentLength() {
    assertThrows(
        IllegalArgumentException.class,
        () -> SonameRetarget.retarget(new byte[64], OLD, "libcublas.so.9"));
  }

  private static void assertRefused(byte[] image, String why) {
    var thrown =
        assertThrows(
            IllegalArgumentException.class, () -> SonameRetarget.retarget(image, OLD, NEW));
    assertTrue(String.valueOf(thrown.getMessage()).contains(why), thrown.getMessage());
  }
}
