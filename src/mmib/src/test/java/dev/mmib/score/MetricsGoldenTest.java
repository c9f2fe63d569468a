package dev.mmib.score;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import dev.mmib.error.MmibException;
import dev.mmib.golden.Golden;
import dev.mmib.io.JsonArray;
import dev.mmib.io.JsonObject;
import dev.mmib.io.JsonValue;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Scores against seqeval, scikit-learn and the released relation metric. */
class MetricsGoldenTest {

  /** Averages may be summed in another order. */
  private static final double ROUNDING = 1e-12;

  /** Every case of every file: a case with {@code rel2id} is one of relations. */
  @TestFactory
  Stream<DynamicTest> scoresAreThoseOfTheReference() {
    return Golden.jsonFiles(Golden.require("metrics")).stream()
        .flatMap(file -> Golden.json(file).array("cases").items().stream())
        .map(JsonValue::asObject)
        .map(c -> dynamicTest(c.string("name"), () -> check(c)));
  }

  private static void check(JsonObject c) {
    if (c.has("rel2id")) {
      checkRelations(c);
    } else {
      checkEntities(c);
    }
  }

  private static void checkEntities(JsonObject c) {
    var gold = sentences(c.array("gold"));
    var predicted = sentences(c.array("pred"));
    checkSpans(c.array("gold_entities"), gold);
    checkSpans(c.array("pred_entities"), predicted);
    var lenient = EntityScore.of(gold, predicted, EntityScore.Mode.LENIENT);
    checkScore(c.object("default"), lenient);
    assertEquals(c.number("accuracy"), lenient.accuracy(), ROUNDING);
    JsonObject strict = c.object("strict_iob2");
    if (strict.has("error")) {
      assertThrows(
          MmibException.class, () -> EntityScore.of(gold, predicted, EntityScore.Mode.STRICT));
    } else {
      checkScore(strict, EntityScore.of(gold, predicted, EntityScore.Mode.STRICT));
    }
  }

  private static List<List<String>> sentences(JsonArray json) {
    return json.items().stream().map(s -> s.asArray().strings()).toList();
  }

  private static void checkSpans(JsonArray json, List<List<String>> sentences) {
    for (int i = 0; i < json.size(); i++) {
      var found = new ArrayList<List<String>>();
      for (var span : LabelSpans.lenient(sentences.get(i))) {
        found.add(List.of(span.type(), "" + span.first(), "" + span.last()));
      }
      var expected = new ArrayList<List<String>>();
      for (JsonValue span : json.at(i).asArray()) {
        JsonArray s = span.asArray();
        expected.add(List.of(s.at(0).asString(), "" + s.at(1).asInt(), "" + s.at(2).asInt()));
      }
      assertEquals(expected, found, "sentence " + i);
    }
  }

  private static void checkScore(JsonObject expected, EntityScore score) {
    assertEquals(Golden.number(expected.at("micro_p")), score.micro().precision(), ROUNDING);
    assertEquals(Golden.number(expected.at("micro_r")), score.micro().recall(), ROUNDING);
    assertEquals(Golden.number(expected.at("micro_f1")), score.micro().f1(), ROUNDING);
    assertEquals(Golden.number(expected.at("macro_f1")), score.macro().f1(), ROUNDING);
    checkTable(expected.object("report"), score.table());
  }

  private static void checkTable(JsonObject report, ScoreTable table) {
    Map<String, Prf> averages =
        Map.of(
            "micro avg", table.micro(),
            "macro avg", table.macro(),
            "weighted avg", table.weighted());
    Set<String> classes = new LinkedHashSet<>(report.keys());
    classes.removeAll(averages.keySet());
    // scikit-learn says accuracy where all labels are in the report: the micro average then
    classes.remove("accuracy");
    assertEquals(List.copyOf(classes), List.copyOf(table.rows().keySet()));
    for (String name : report.keys()) {
      Prf row = averages.getOrDefault(name, table.rows().get(name));
      if (row != null) {
        checkRow(name, report.object(name), row);
      }
    }
  }

  private static void checkRow(String name, JsonObject expected, Prf row) {
    assertEquals(Golden.number(expected.at("precision")), row.precision(), ROUNDING, name);
    assertEquals(Golden.number(expected.at("recall")), row.recall(), ROUNDING, name);
    assertEquals(Golden.number(expected.at("f1-score")), row.f1(), ROUNDING, name);
    assertEquals(Golden.number(expected.at("support")), row.support(), name);
  }

  private static void checkRelations(JsonObject c) {
    JsonObject ids = c.object("rel2id");
    String[] names = new String[ids.size()];
    for (String name : ids.keys()) {
      names[ids.integer(name)] = name;
    }
    var relations = List.of(names);
    int[] gold = c.array("gold").ints();
    int[] predicted = c.array("pred").ints();
    var released = RelationScore.of(gold, predicted, relations, relations.indexOf("None"));
    JsonObject expected = c.object("mmib_eval_result");
    assertEquals(expected.number("acc"), released.accuracy(), ROUNDING);
    assertEquals(expected.number("micro_p"), released.micro().precision(), ROUNDING);
    assertEquals(expected.number("micro_r"), released.micro().recall(), ROUNDING);
    assertEquals(expected.number("micro_f1"), released.micro().f1(), ROUNDING);
    // that report leaves out the first relation, whatever its name
    var table = RelationScore.of(gold, predicted, relations, 0).table();
    assertTrue(table.rows().size() == names.length - 1);
    checkTable(c.object("sklearn_report"), table);
  }
}
