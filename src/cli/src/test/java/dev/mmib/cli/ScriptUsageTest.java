package dev.mmib.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.mmib.cli.ScriptRows.Row;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The script used wrongly and oddly: options, paths, outputs, settings, streams. */
@Tag("script")
@DisabledOnOs(OS.WINDOWS)
class ScriptUsageTest {

  private static final String TRAIN =
      "\"$MMIB\" train --task ner --data \"$DATA\" --out new $TINY ";
  private static final String RESUME = "cp -r \"$MODEL/..\" new; " + TRAIN + "--resume ";
  private static final String PREDICT = "\"$MMIB\" predict --model \"$MODEL\" --device java ";
  private static final String FOUND = "\\{\"id\":.*\"device\":\"java\"\\}\n";

  private static final List<Row> ROWS =
      List.of(
          new Row("L01a unknown command", "\"$MMIB\" trian", 2, "mmib train\\?"),
          new Row("L01b unknown option", "\"$MMIB\" doctor --jsn", 2, "--json(.|\n)*Usage: mmib"),
          new Row("L01c no value", "\"$MMIB\" train --task", 2, "--task(.|\n)*Usage: mmib"),
          new Row("L01d twice", TRAIN + "--device cpu", 2, "--device.*only once"),
          new Row("L01e conflict", PREDICT + "--text a --input -", 2, "one of --text and --input"),
          new Row("L01f empty value", PREDICT + "--text a --image=", 2, "empty path"),
          new Row("L01g after --", PREDICT + "--text a -- --json", 2, "--json"),
          new Row("L01h nothing", "\"$MMIB\"", 2, "sub-command(.|\n)*Usage: mmib"),
          new Row(
              "L02a no file", "\"$MMIB\" evaluate --model nowhere --data \"$DATA\"", 4, "nowhere"),
          new Row(
              "L02b a file for a folder",
              "\"$MMIB\" check-data --task ner --data \"$DATA/train.txt\"",
              3,
              "data/train.txt"),
          new Row("L02c a folder for a file", "\"$MMIB\" inspect \"$DATA\"", 4, "data"),
          new Row("L02d empty", "\"$MMIB\" inspect ''", 2, "empty path"),
          new Row("L02e a loop", "ln -s loop loop; \"$MMIB\" inspect loop", 4, "loop"),
          new Row(
              "L02f odd paths",
              "odd=$(printf -- '-mö del \\n☃'); cp -r -- \"$MODEL\" \"$odd\";"
                  + " \"$MMIB\" predict --model=\"$odd\" --device java --text a --json",
              0,
              FOUND,
              ""),
          new Row(
              "L03a exists", "mkdir new; touch new/x; " + TRAIN, 2, "new: exists and is not empty"),
          new Row(
              "L03b read-only",
              "\"$MMIB\" train --task ner --data \"$DATA\" --out /proc/mmib $TINY",
              1,
              "/proc/mmib: cannot be written"),
          new Row("L03c full", PREDICT + "--text a --json > /dev/full", 1, "No space left"),
          new Row(
              "L03d a device",
              PREDICT + "--text a --output /dev/full --overwrite; s=$?; test -c /dev/full; exit $s",
              2,
              "/dev/full: is not a regular file"),
          new Row(
              "L03e output is input",
              "printf '{\"text\": \"a\"}\\n' > posts;"
                  + PREDICT
                  + "--input posts --output posts --overwrite; s=$?; grep -q text posts && exit $s",
              2,
              "posts: is also the input"),
          new Row("L03f no folder", PREDICT + "--text a --output no/where", 1, "does not exist"),
          new Row("L03g a file for --out", "touch new;" + TRAIN, 2, "new: is a file"),
          new Row(
              "L03h a bad row leaves the rest",
              "printf '{\"text\": \"a\"}\\nnonsense\\n' | "
                  + PREDICT
                  + "--input - --output out --json;"
                  + " s=$?; cat out; exit $s",
              3,
              FOUND + "\\{\"id\":\"2\",\"error\".*\n",
              "post 2"),
          new Row("L04a threads 0", PREDICT + "--text a --threads 0", 2, "0, not 1 to 1024"),
          new Row("L04b threads", PREDICT + "--text a --threads 1000000", 2, "not 1 to 1024"),
          new Row("L04c threads 2^31", PREDICT + "--text a --threads 2147483648", 2, "--threads"),
          new Row("L04d size", TRAIN + "--set batchSize=1000000000", 2, "1 to 4096"),
          new Row("L04e range", TRAIN + "--set maxLength=1", 2, "maxLength is 1, not at least 4"),
          new Row(
              "L04f no epochs", TRAIN + "--set epochs=0 --json", 0, "\\{.*\"epochs\":0.*\n", ""),
          new Row(
              "L05a cuda:9",
              "\"$MMIB\" predict --model \"$MODEL\" --text a --device cuda:9",
              1,
              "cuda"),
          new Row(
              "L05b cuda",
              "\"$MMIB\" predict --model \"$MODEL\" --text a --device cuda",
              1,
              "cuda"),
          new Row(
              "L05c gpu",
              "\"$MMIB\" predict --model \"$MODEL\" --text a --device gpu",
              1,
              "gpu.*cpu"),
          new Row(
              "L06a least seed",
              TRAIN + "--seed -9223372036854775808 --print-config",
              0,
              ".*\"seed\":-9223372036854775808.*\n",
              ""),
          new Row("L06b seed 2^63", TRAIN + "--seed 9223372036854775808", 2, "--seed"),
          new Row("L06c no number", TRAIN + "--seed abc", 2, "--seed"),
          new Row(
              "L07a environment",
              "printf '{\"epochs\": 1, \"patience\": 2, \"badSteps\": 3}' > file;"
                  + "MMIB_SET='epochs=4 patience=5' MMIB_SEED=6 "
                  + TRAIN
                  + "--config file --set epochs=7 --print-config",
              0,
              "\\{\"config\":\\{\"epochs\":7,.*\"patience\":5,\"badSteps\":3,.*\"seed\":6,.*"
                  + "\"badSteps\":\"--config file\".*\"epochs\":\"--set\".*\"patience\":\"MMIB_SET\".*\n",
              ""),
          new Row(
              "L07b unknown key of a file",
              "printf '{\"epoch\": 1}' > file;" + TRAIN + "--config file",
              4,
              "file:.*epoch.*epochs"),
          new Row(
              "L07c unknown key of the environment", "MMIB_SET=epoch=1 " + TRAIN, 2, "MMIB_SET"),
          new Row("L08a input closed", PREDICT + "--input - --json <&-", 0, ""),
          new Row(
              "L08b binary", "printf '\\377\\376\\0' | " + PREDICT + "--input -", 3, "not UTF-8"),
          new Row("L08c output closed", PREDICT + "--text a >&-", 0, ""),
          new Row(
              "L08d reader gone",
              "{ " + PREDICT + "--text alice --json; echo status $? >&2; } | true",
              0,
              "status 0"),
          new Row("L08e errors closed", PREDICT + "--text a --json 2>&-", 0, FOUND, ""),
          new Row("L08f all closed", "\"$MMIB\" doctor <&- >&- 2>&-", 0, ""),
          new Row("L08g help | head", "\"$MMIB\" train --help | head -n 1", 0, "Usage: .*\n", ""),
          new Row("L12a no such @file", TRAIN + "@missing", 2, "Files of arguments are not read"),
          new Row("L12b a loop", "echo @loop > loop;" + TRAIN + "@loop", 2, "are not read"),
          new Row(
              "L12c 100 MB",
              "dd if=/dev/zero of=big bs=1 count=0 seek=100000000 2>/dev/null;" + TRAIN + "@big",
              2,
              "are not read"),
          new Row("L16a other settings", RESUME + "--set patience=4", 2, "patience was 0 and is 4"),
          new Row(
              "L16b other data",
              "cp -r \"$DATA\" data; printf 'IMGID:x\\na\\tO\\n\\n' >> data/train.txt; DATA=data;"
                  + RESUME,
              2,
              "the data is not the same"),
          new Row("L16c finished", RESUME, 2, "finished after epoch 2"),
          new Row("L16d empty", "mkdir new; " + TRAIN + "--resume", 4, "new: .*checkpoint"),
          new Row(
              "L16e other settings, agreed to",
              RESUME + "--force --set epochs=3 --json",
              0,
              "\\{.*\"epochs\":3.*\n",
              "goes on as another training: epochs was 2 and is 3"),
          new Row("L16f resume or overwrite", RESUME + "--overwrite", 2, "exclude each other"),
          new Row("L16g force what", TRAIN + "--force", 2, "--force belongs to --resume"),
          new Row("L12d a text", PREDICT + "--text @alice --json", 0, FOUND, ""));

  @TempDir static Path directory;
  private static ScriptRows rows;

  @BeforeAll
  static void prepare() throws IOException {
    rows = ScriptRows.in(directory);
  }

  @AfterAll
  static void end() {
    rows.close();
  }

  @TestFactory
  Stream<DynamicTest> endsAsTheTableSays() {
    return rows.tests(ROWS);
  }

  @Test
  void leavesNothingBehindWhereItRefuses() throws IOException {
    var ran = rows.run("refused", PREDICT + "--input none --output result; ls -A");
    assertTrue(ran.err().contains("none"), ran.err());
    assertEquals("stderr\nstdout\n", ran.out());
    var train = rows.run("refused-train", TRAIN + "--set epochs=-1");
    assertEquals(2, train.status(), train.err());
    assertTrue(Files.notExists(directory.resolve("refused-train/new")));
  }
}
