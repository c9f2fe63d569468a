package dev.mmib;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.mmib.backend.Backend;
import java.util.TreeSet;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;

/** Who may know whom inside the engine. */
class WallsTest {

  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("dev.mmib");

  @Test
  void backendsKnowNoTensors() {
    noClasses()
        .that()
        .resideInAPackage("dev.mmib.backend..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.mmib.tensor..", "dev.mmib.op..")
        .check(ENGINE);
  }

  @Test
  void tensorsKnowNoOperators() {
    noClasses()
        .that()
        .resideInAPackage("dev.mmib.tensor..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("dev.mmib.op..")
        .check(ENGINE);
  }

  @Test
  void operatorsKnowContractsOnly() {
    noClasses()
        .that()
        .resideInAPackage("dev.mmib.op..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.mmib.backend.host..", "dev.mmib.backend.java..")
        .check(ENGINE);
  }

  @Test
  void errorsKnowNobody() {
    noClasses()
        .that()
        .resideInAPackage("dev.mmib.error..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("dev.mmib.tensor..", "dev.mmib.op..", "dev.mmib.backend..")
        .check(ENGINE);
  }

  @Test
  void theEngineNeedsJavaAndLittleElse() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.mmib..",
            "java.lang..",
            "java.util..",
            "java.nio..",
            "java.io..",
            "org.slf4j..",
            "org.jspecify.annotations..",
            "com.sun.management", // what memory a container has: a supported API of every JDK
            "org.apache.commons.numbers..")
        .check(ENGINE);
  }

  @Test
  void nobodyPrintsToTheConsole() {
    noClasses()
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .check(ENGINE);
  }

  @Test
  void everyPackageIsNullMarked() {
    var unmarked = new TreeSet<String>();
    for (JavaClass type : ENGINE) {
      if (!type.getPackage().isAnnotatedWith(NullMarked.class)) {
        unmarked.add(type.getPackageName());
      }
    }
    assertTrue(unmarked.isEmpty(), () -> "packages without @NullMarked: " + unmarked);
    assertTrue(ENGINE.contain(Backend.class));
  }
}
