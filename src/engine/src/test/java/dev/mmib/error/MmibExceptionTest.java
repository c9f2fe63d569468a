package dev.mmib.error;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class MmibExceptionTest {

  @Test
  void saysWhereWhatAndWhatToDo() {
    assertEquals(
        "MMIB-3101: train.txt: line 12: no label. Add one.",
        MmibException.at("train.txt", "line 12", ErrorCode.CONLL, "no label", "Add one.")
            .getMessage());
    assertEquals(
        "MMIB-5501: a.bin: cannot read. Check it.",
        MmibException.in("a.bin", ErrorCode.IO, "cannot read", "Check it.").getMessage());
    assertEquals(
        "MMIB-5301: no device. Buy one.",
        MmibException.of(ErrorCode.DEVICE, "no device.", "Buy one.").getMessage());
    assertEquals("MMIB-1001: no", MmibException.of(ErrorCode.USAGE, "no", "").getMessage());
  }

  @Test
  void keepsItsParts() {
    var cause = new IllegalStateException("deep");
    var e = MmibException.at("f", "byte 8", ErrorCode.SAFETENSORS, "what", "hint").causedBy(cause);
    assertEquals("f", e.file());
    assertEquals("byte 8", e.position());
    assertEquals("what", e.what());
    assertEquals("hint", e.hint());
    assertEquals(ErrorCode.SAFETENSORS, e.code());
    assertSame(cause, e.getCause());
  }

  @Test
  void quotesTextSoThatItCannotHarmATerminal() {
    assertEquals("'plain ä 😀'", MmibException.quote("plain ä 😀"));
    assertEquals("'a\\u000ab\\u001b[31m'", MmibException.quote("a\nb\u001b[31m"));
    assertEquals("'\\u202eevil'", MmibException.quote("\u202eevil"));
    assertEquals("'\\ud800'", MmibException.quote("\ud800"));
    assertEquals("''", MmibException.quote(""));
  }

  @Test
  void escapesTheNameOfTheFile() {
    var e = MmibException.in("tmp/\u001b[31m\u202e.jpg", ErrorCode.IMAGE, "is no picture", "");
    assertEquals("MMIB-3401: tmp/\\u001b[31m\\u202e.jpg: is no picture", e.getMessage());
    assertEquals("tmp/\u001b[31m\u202e.jpg", e.file());
  }

  @Test
  void escapesWhatNobodyQuoted() {
    assertEquals(
        "MMIB-2101: a: tensor \\u001b[31m: has\n\\u202e two lines. Take\\u0007 another.",
        MmibException.at(
                "a",
                "tensor \u001b[31m",
                ErrorCode.SAFETENSORS,
                "has\n\u202e two lines",
                "Take\u0007 another.")
            .getMessage());
  }

  @Test
  void cutsLongTextBetweenCharacters() {
    assertEquals("'" + "x".repeat(64) + "'", MmibException.quote("x".repeat(64)));
    assertEquals("'" + "x".repeat(64) + "…'", MmibException.quote("x".repeat(65)));
    assertEquals("'" + "😀".repeat(64) + "…'", MmibException.quote("😀".repeat(65)));
  }

  @Test
  void everyCodeHasANumberOfItsOwn() {
    var numbers = Arrays.stream(ErrorCode.values()).mapToInt(ErrorCode::number);
    assertEquals(ErrorCode.values().length, numbers.distinct().count());
    for (var code : ErrorCode.values()) {
      assertEquals("MMIB-" + code.number(), code.toString());
      assertFalse(code.exitStatus() == 0, code.name());
    }
  }
}
