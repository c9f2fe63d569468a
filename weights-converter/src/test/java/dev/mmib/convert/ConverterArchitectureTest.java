package dev.mmib.convert;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.util.ServiceLoader;

/** What reading a foreign file may never lead to: classes by name, processes, networks. */
@AnalyzeClasses(packages = "dev.mmib.convert", importOptions = ImportOption.DoNotIncludeTests.class)
class ConverterArchitectureTest {

  @ArchTest
  static final ArchRule nothingIsReflected =
      noClasses()
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("java.lang.reflect..", "java.lang.invoke..", "javax.script..")
          .orShould()
          .dependOnClassesThat()
          .areAssignableTo(ClassLoader.class);

  @ArchTest
  static final ArchRule noClassIsFoundByItsName =
      noClasses()
          .should()
          .callMethod(Class.class, "forName", String.class)
          .orShould()
          .callMethod(Class.class, "forName", String.class, boolean.class, ClassLoader.class)
          .orShould()
          .callMethod(Class.class, "getMethods")
          .orShould()
          .callMethod(Class.class, "getDeclaredMethods")
          .orShould()
          .dependOnClassesThat()
          .belongToAnyOf(ServiceLoader.class);

  @ArchTest
  static final ArchRule noProcessIsStarted =
      noClasses()
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(Runtime.class, ProcessBuilder.class, Process.class, ProcessHandle.class);

  @ArchTest
  static final ArchRule noNetworkIsTouched =
      noClasses().should().dependOnClassesThat().resideInAnyPackage("java.net..", "java.rmi..");

  @ArchTest
  static final ArchRule nothingIsDeserializedByJava =
      noClasses()
          .should()
          .dependOnClassesThat()
          .belongToAnyOf(ObjectInputStream.class, ObjectOutputStream.class);

  /** The machine reads bytes at positions; it opens nothing itself. */
  @ArchTest
  static final ArchRule theMachineKnowsOnlyPlainThings =
      classes()
          .that()
          .resideInAPackage("dev.mmib.convert.pickle..")
          .should()
          .onlyDependOnClassesThat()
          .resideInAnyPackage(
              "dev.mmib.convert.pickle..",
              "dev.mmib.error..",
              "java.lang",
              "java.io",
              "java.math",
              "java.nio",
              "java.nio.channels",
              "java.nio.charset",
              "java.util..",
              "org.jspecify..");
}
